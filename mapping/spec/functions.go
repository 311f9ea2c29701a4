package spec

// functions are all that a spec may call without further ado.
func functions() map[string]Function {
	all := map[string]Function{}
	for _, list := range [][]Function{textFunctions(), timeFunctions(), phoneFunctions(), valueFunctions()} {
		for _, f := range list {
			all[f.name] = f
		}
	}
	return all
}
