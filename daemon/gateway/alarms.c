#include "redress/gateway/alarms.h"

#include <inttypes.h>
#include <stdio.h>

#include "redress/base/log.h"
#include "redress/gateway/correspondence.h"
#include "redress/store/status.h"

#define ALARM_ARENA_BYTES (2u << 20)

static enum rd_rc mail_it(struct rd_tx *tx, const struct rd_office *office, const char *cause,
	const char *text, struct rd_arena *arena, struct rd_err *err)
{
	const char *subject =
		rd_arena_printf(arena, "Redress %s: something needs you", office->config->gateway);
	const char *body = rd_arena_printf(arena,
		"%s\n\nThis is the alarm `%s`; `man redress-alarms` tells what it means and what "
		"to do. "
		"While it goes on\nyou get one mail an hour at most.\n"
		"`redressctl status` shows everything that is wrong at the moment.\n",
		text, cause);
	const char *key = rd_arena_printf(arena, "alarm:%s:%" PRId64, cause, rd_office_now(office));

	return rd_correspondence_alarm(tx, office, key, subject, body, arena, err);
}

static enum rd_rc raise_within(struct rd_tx *tx, const struct rd_office *office, const char *cause,
	const char *text, struct rd_arena *arena, bool *ret_news, struct rd_err *err)
{
	RD_TRY(rd_alarm_raise(tx, cause, text, rd_office_now(office), ret_news, err));
	if (!*ret_news)
		return RD_OK;
	return mail_it(tx, office, cause, text, arena, err);
}

enum rd_rc rd_alarms_raise_within(struct rd_tx *tx, const struct rd_office *office,
	const char *cause, const char *text, struct rd_arena *arena, struct rd_err *err)
{
	bool news = false;

	RD_TRY(raise_within(tx, office, cause, text, arena, &news, err));
	if (news)
		rd_log(RD_LOG_ALERT, text, "CAUSE", cause, NULL);
	return RD_OK;
}

static enum rd_rc raise_it(struct rd_db *db, const struct rd_office *office, const char *cause,
	const char *text, bool *ret_news, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ALARM_ARENA_BYTES);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(raise_within(tx, office, cause, text, arena, ret_news, err));
	return rd_tx_commit(&tx, err);
}

void rd_alarms_raise(
	struct rd_db *db, const struct rd_office *office, const char *cause, const char *text)
{
	struct rd_err err = { 0 };
	bool news = false;

	if (raise_it(db, office, cause, text, &news, &err) != RD_OK) {
		rd_log(RD_LOG_ALERT, text, "CAUSE", cause, NULL);
		rd_log(RD_LOG_ERROR, err.msg, "CAUSE", cause, NULL);
	} else if (news) {
		rd_log(RD_LOG_ALERT, text, "CAUSE", cause, NULL);
	}
}

static enum rd_rc clear_it(
	struct rd_db *db, const struct rd_office *office, const char *cause, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;

	RD_TRY(rd_tx_begin(db, &tx, err));
	RD_TRY(rd_alarm_clear(tx, cause, rd_office_now(office), err));
	return rd_tx_commit(&tx, err);
}

void rd_alarms_clear(struct rd_db *db, const struct rd_office *office, const char *cause)
{
	struct rd_err err = { 0 };

	if (clear_it(db, office, cause, &err) != RD_OK)
		rd_log(RD_LOG_WARNING, err.msg, "CAUSE", cause, NULL);
}
