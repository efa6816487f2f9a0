# `make test` is all that a fresh machine with Go needs: it installs what the tests need and runs them.
GO ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
CONCURRENT = ./storage/... ./engine/... ./session/... ./pgwire/...

.PHONY: test deps race invariants lint fuzz bench smoke conformance
test: deps ; $(GO) test ./...
deps: ; @scripts/deps.sh
race: ; $(GO) test -race $(CONCURRENT) && $(GO) test -race -run Concurrent ./parser
invariants: ; $(GO) test -tags invariants ./storage/... ./planner/... ./operators/... ./engine/...
lint: ; @test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; } ; $(GO) vet ./... && $(GO) vet -tags invariants ./... && $(STATICCHECK) ./...
fuzz: ; @scripts/fuzz.sh 5s
bench: ; $(GO) run ./bench all
smoke: ; $(GO) run ./bench -smoke all
conformance: deps ; $(GO) run ./internal/sqltest/conformance -sample 60 -out docs/CONFORMANCE.md
