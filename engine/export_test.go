package engine

import "context"

// OpenChecked is Open, with a look at every page after recovery.
func OpenChecked(ctx context.Context, o Options) (*Engine, error) {
	e, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := e.store.Check(); err != nil {
		_ = e.store.Close()
		return nil, err
	}
	e.begin()
	return e, nil
}
