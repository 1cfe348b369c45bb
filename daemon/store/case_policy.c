#include "redress/store/case_policy.h"

#include "redress/store/sql.h"

enum rd_rc rd_case_policy_keep(struct rd_tx *tx, int64_t case_id, const char *version,
	const char *ruleset, struct rd_err *err)
{
	return rd_sql_change(tx,
		"INSERT INTO case_policy (case_id, version, ruleset) VALUES (?1, ?2, ?3)",
		RD_ARGS(rd_int(case_id), rd_text(version), rd_text(ruleset)), NULL, err);
}

enum rd_rc rd_case_policy_get(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_case_policy *ret_policy, struct rd_err *err)
{
	RD_CLEANUP(rd_rows_end) struct rd_rows rows = { 0 };
	struct rd_case_policy policy = { 0 };
	bool more = false;

	RD_TRY(rd_sql_query(db,
		"SELECT p.version, p.ruleset, f.bytes FROM case_policy p"
		" JOIN case_file c ON c.id = p.case_id"
		" LEFT JOIN ruleset_file f ON f.sha256 = p.ruleset"
		"  AND f.name = 'landlords/' || c.landlord || '.landlord'"
		" WHERE p.case_id = ?1",
		RD_ARGS(rd_int(case_id)), &rows, err));
	RD_TRY(rd_rows_next(&rows, &more, err));
	if (!more)
		return rd_fail(err, RD_E_MISSING,
			"the case was opened before the policy's version was kept");
	policy.version = rd_rows_text(&rows, 0, arena);
	policy.ruleset = rd_rows_text(&rows, 1, arena);
	if (!rd_rows_null(&rows, 2)) {
		const void *bytes = rd_rows_blob(&rows, 2, &policy.len);
		policy.profile = rd_arena_copy(arena, bytes, policy.len);
	}
	RD_TRY(rd_arena_check(arena, err));
	*ret_policy = policy;
	return RD_OK;
}
