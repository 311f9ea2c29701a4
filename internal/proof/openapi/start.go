package openapi

import "testing"

// Report fails a test for each violation and each known fault that is not needed
// any more.
func (c *Checker) Report(t testing.TB) {
	t.Helper()
	for _, v := range c.Violations() {
		t.Error(v)
	}
	for _, fault := range c.Unneeded() {
		t.Errorf("the known fault of %s %s, %s at %s is not needed: remove it from the list", fault.Spec, fault.Operation, fault.Side, fault.At)
	}
}

// Complete fails a test for each operation of a specification that was not
// called, and logs how many were.
func (s *Spec) Complete(t testing.TB) {
	t.Helper()
	t.Log(s.Coverage())
	for _, name := range s.Missing() {
		t.Errorf("%s: the operation %s was not called, or never with success", s.Name, name)
	}
}
