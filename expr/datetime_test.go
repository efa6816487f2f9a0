package expr_test

import "testing"

func TestDatetime(t *testing.T)     { golden(t, "datetime.txt") }
func TestDatetimeZone(t *testing.T) { golden(t, "datetimezone.txt") }
