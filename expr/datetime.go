package expr

func datetimeDefs() []def { return nil }
