#include "redress/store/text_poll.h"

#include "redress/store/sql.h"
#include "redress/store/text_parts.h"

enum rd_rc rd_text_poll_get(
	struct rd_db *db, int64_t source_id, struct rd_text_poll *ret_poll, struct rd_err *err)
{
	struct rd_text_poll poll = { 0 };

	RD_TRY(rd_sql_int(db, "SELECT first_seen_ms FROM source WHERE id = ?1",
		RD_ARGS(rd_int(source_id)), 0, &poll.first_seen_ms, err));
	RD_TRY(rd_sql_int(db, "SELECT polled_ms FROM source WHERE id = ?1",
		RD_ARGS(rd_int(source_id)), 0, &poll.polled_ms, err));
	*ret_poll = poll;
	return RD_OK;
}

enum rd_rc rd_text_poll_done(
	struct rd_tx *tx, int64_t source_id, int64_t begun_ms, struct rd_err *err)
{
	return rd_sql_change(tx, "UPDATE source SET polled_ms = ?2 WHERE id = ?1",
		RD_ARGS(rd_int(source_id), rd_int(begun_ms)), NULL, err);
}

enum rd_rc rd_text_known(struct rd_db *db, int64_t source_id, const char *provider_id,
	bool *ret_known, struct rd_err *err)
{
	int64_t id = 0;

	RD_TRY(rd_sql_int(db, "SELECT id FROM message WHERE source_id = ?1 AND provider_id = ?2",
		RD_ARGS(rd_int(source_id), rd_text(provider_id)), 0, &id, err));
	if (id == 0)
		return rd_text_part_known(db, source_id, provider_id, ret_known, err);
	*ret_known = true;
	return RD_OK;
}
