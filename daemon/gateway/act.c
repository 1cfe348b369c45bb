#include "redress/gateway/act.h"

#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/casework.h"

#define ACT_ARENA_BYTES (16u << 20)

void rd_act_end(struct rd_act *act)
{
	rd_tx_rollback(&act->tx);
	rd_arena_free(act->arena);
}

enum rd_rc rd_act_begin(
	struct rd_act *act, struct rd_db *db, const struct rd_office *office, struct rd_err *err)
{
	act->db = db;
	act->office = office;
	act->arena = rd_arena_new(ACT_ARENA_BYTES);
	act->now_ms = rd_office_now(office);
	return rd_tx_begin(db, &act->tx, err);
}

enum rd_rc rd_act_take_case(struct rd_act *act, int64_t case_id, struct rd_err *err)
{
	RD_TRY(rd_case_get(rd_tx_db(act->tx), case_id, act->arena, &act->matter, err));
	return rd_office_policy(act->office, act->matter.landlord, &act->policy, err);
}

enum rd_rc rd_act_begin_on_case(struct rd_act *act, struct rd_db *db,
	const struct rd_office *office, int64_t case_id, struct rd_err *err)
{
	RD_TRY(rd_act_begin(act, db, office, err));
	return rd_act_take_case(act, case_id, err);
}

enum rd_rc rd_act_record_and_commit(struct rd_act *act, const char *what, int64_t outbox_id,
	const char *detail, struct rd_err *err)
{
	RD_TRY(rd_casework_audit(
		act->tx, act->office, what, act->matter.id, 0, outbox_id, detail, err));
	return rd_tx_commit(&act->tx, err);
}

enum rd_rc rd_act_check_text(const char *text, const char *what, struct rd_err *err)
{
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return rd_fail(err, RD_E_INPUT, "%s is missing; say it in a few words", what);
	if (strlen(text) > RD_ACT_TEXT_MAX)
		return rd_fail(err, RD_E_RANGE,
			"%s is longer than %d bytes; put the rest in a note", what,
			RD_ACT_TEXT_MAX);
	return RD_OK;
}
