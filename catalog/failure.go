package catalog

import "github.com/streamsql/streamsql/sqlerr"

// Failure is why a view failed.
type Failure struct {
	Cause string      `json:",omitempty"`
	Code  sqlerr.Code `json:",omitempty"`
	Hint  string      `json:",omitempty"`
}

// FailedBy is v as a view that cannot go on.
func (v *View) FailedBy(err error) *View {
	cause, c := sqlerr.From(err), *v
	c.State, c.Failure = Failed, Failure{cause.Message, cause.Code, cause.Hint}
	if cause.Code == sqlerr.InternalError && cause.Where != "" {
		c.Cause += "\n" + cause.Where
	}
	return &c
}

// FailedError tells who uses a failed view.
func (v *View) FailedError() *sqlerr.Error {
	hint := v.Hint
	if hint == "" {
		hint = "Drop the view and create it again."
	}
	return sqlerr.New(sqlerr.ObjectNotInPrerequisiteState, "materialized view %q has failed", v.Name).WithDetail("%s", v.Cause).WithHint("%s", hint)
}

// UnbuiltError tells who created a view that has failed before it was served.
func (v *View) UnbuiltError() *sqlerr.Error {
	code := v.Code
	if code == "" { // of an older catalog
		code = sqlerr.InternalError
	}
	err := sqlerr.New(code, "materialized view %q could not be built", v.Name).WithDetail("%s", v.Cause)
	if v.Hint != "" {
		err = err.WithHint("%s", v.Hint)
	}
	return err
}
