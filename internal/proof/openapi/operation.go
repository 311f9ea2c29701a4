package openapi

// Operation tells method, path and required scopes, by security scheme, of the
// operation with an id.
func (s *Spec) Operation(id string) (method, path string, scopes map[string][]string, found bool) {
	for path, item := range s.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.OperationID != id {
				continue
			}
			scopes = map[string][]string{}
			if operation.Security != nil {
				for _, requirement := range *operation.Security {
					for scheme, needed := range requirement {
						scopes[scheme] = append(scopes[scheme], needed...)
					}
				}
			}
			return method, path, scopes, true
		}
	}
	return "", "", nil, false
}
