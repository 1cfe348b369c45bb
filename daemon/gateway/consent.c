#include "redress/gateway/consent.h"

#include <string.h>
#include <strings.h>

#include "redress/gateway/acts_record.h"
#include "redress/gateway/progress.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/audit.h"
#include "redress/store/case_acts.h"

#define AUDIT_PAGE 500 /* rows read at a time */

/* A person said where the resident gets letters, or opened the case with that. */
enum rd_rc rd_consent_writes_to_resident(
	struct rd_db *db, int64_t case_id, struct rd_arena *arena, bool *ret_is, struct rd_err *err)
{
	int64_t from_seq = 1;

	for (size_t n = AUDIT_PAGE; n == AUDIT_PAGE;) {
		struct rd_audit_row *rows;

		RD_TRY(rd_audit_list(db, case_id, 0, from_seq, AUDIT_PAGE, arena, &rows, &n, err));
		for (size_t i = 0; i < n; i++) {
			if (strcmp(rows[i].what, "contact_set") == 0 ||
				strcmp(rows[i].what, "opened_by_staff") == 0) {
				*ret_is = true;
				return RD_OK;
			}
			from_seq = rows[i].seq + 1;
		}
	}
	*ret_is = false;
	return RD_OK;
}

enum rd_rc rd_consent_lets_write(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	bool *ret_lets, struct rd_err *err)
{
	const char *last = rd_consent_names[RD_CONSENT_GIVEN];
	struct rd_case_act *acts;
	size_t n;

	RD_TRY(rd_case_act_list(db, case_id, arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, RD_DID_CONSENT) == 0)
			last = acts[i].detail;
	*ret_lets = strcmp(last, rd_consent_names[RD_CONSENT_GIVEN]) == 0;
	return *ret_lets ? RD_OK : rd_consent_writes_to_resident(db, case_id, arena, ret_lets, err);
}

enum rd_rc rd_consent_check(struct rd_db *db, const struct rd_case *matter, const char *recipient,
	enum rd_letter_kind letter, struct rd_arena *arena, struct rd_err *err)
{
	const bool is_main = strcasecmp(matter->contact, recipient) == 0;
	bool lets = false;

	if (!is_main && rd_letter_is_receipt(letter))
		return RD_OK;
	RD_TRY(rd_consent_lets_write(db, matter->id, arena, &lets, err));
	if (lets)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"on case %s the resident has not agreed that another speaks for them, and its "
		"letters go to whoever wrote first; say where the resident gets letters (`case "
		"contact REF --address ADDRESS`, the same one if it is theirs), or that they agree "
		"(`case consent`)",
		matter->reference);
}
