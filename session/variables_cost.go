package session

import "strings"

// costSettings are what PostgreSQL's planner and executor are tuned by, with its defaults. No answer depends on them, so that here they are
// kept, shown and otherwise without effect.
const costSettings = `
backend_flush_after=0 constraint_exclusion=partition cpu_index_tuple_cost=0.005 cpu_operator_cost=0.0025 cpu_tuple_cost=0.01
cursor_tuple_fraction=0.1 default_statistics_target=100 effective_cache_size=4GB effective_io_concurrency=1 enable_async_append=on
enable_bitmapscan=on enable_gathermerge=on enable_hashagg=on enable_hashjoin=on enable_incremental_sort=on enable_indexonlyscan=on
enable_indexscan=on enable_material=on enable_memoize=on enable_mergejoin=on enable_nestloop=on enable_parallel_append=on
enable_parallel_hash=on enable_partition_pruning=on enable_partitionwise_aggregate=off enable_partitionwise_join=off enable_seqscan=on
enable_sort=on enable_tidscan=on force_parallel_mode=off from_collapse_limit=8 geqo_effort=5 geqo_generations=0 geqo_pool_size=0 geqo_seed=0
geqo_selection_bias=2 geqo_threshold=12 geqo=on hash_mem_multiplier=2 jit_above_cost=100000 jit_dump_bitcode=off jit_expressions=on
jit_inline_above_cost=500000 jit_optimize_above_cost=500000 jit_tuple_deforming=on join_collapse_limit=8 maintenance_io_concurrency=10
maintenance_work_mem=64MB max_parallel_workers_per_gather=2 max_parallel_workers=8 min_parallel_index_scan_size=512kB
min_parallel_table_scan_size=8MB parallel_leader_participation=on parallel_setup_cost=1000 parallel_tuple_cost=0.1 plan_cache_mode=auto
random_page_cost=4 recursive_worktable_factor=10 seq_page_cost=1 temp_buffers=8MB vacuum_cost_delay=0 vacuum_cost_limit=200
vacuum_cost_page_dirty=20 vacuum_cost_page_hit=1 vacuum_cost_page_miss=2 work_mem=4MB
`

// tuning are costSettings as settings.
func tuning() (out []setting) {
	for word := range strings.FieldsSeq(costSettings) {
		name, value, _ := strings.Cut(word, "=")
		s := setting{name: name, value: value}
		if value == "on" || value == "off" && name != "force_parallel_mode" {
			s.check = boolean
		}
		out = append(out, s)
	}
	return out
}
