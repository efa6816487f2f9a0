package pgwire

// MessageMemoryInUse is how much of MessageMemory is taken.
func MessageMemoryInUse(s *Server) int64 { return s.messages.Load() }
