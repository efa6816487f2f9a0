package expr

func sequenceDefs() []def { return nil }
