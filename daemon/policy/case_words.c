#include "redress/policy/case_words.h"

#include <stddef.h>

const char *const rd_stage_names[] = { "none", "stage1", "stage2", NULL };
const char *const rd_status_names[] = { "review", "open", "answered", "closed", NULL };
const char *const rd_found_names[] = { "", "upheld", "partly", "not_upheld", NULL };
const char *const rd_fate_names[] = { "", "opened", "joined", "other", "guarded", "duplicate",
	NULL };
