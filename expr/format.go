package expr

// formatDefs are to_char, to_number, to_date and to_timestamp.
func formatDefs() []def { return nil }
