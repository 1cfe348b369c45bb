#include "redress/gateway/sign_ins.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/log.h"
#include "redress/gateway/alarms.h"
#include "redress/store/status.h"
#include "redress/wire/oauth.h"

#define ALARMS_ARENA_BYTES (4u << 20)

static const int steps[] = { RD_SIGN_IN_WARN_DAYS, 14, 7, 0 };
#define N_STEPS (sizeof steps / sizeof steps[0])

enum rd_rc rd_sign_in_look(const struct rd_oauth_config *oauth, int64_t now_ms,
	struct rd_sign_in *ret_sign_in, struct rd_err *err)
{
	struct rd_date day = { 0 };

	RD_TRY(rd_oauth_expires(oauth, &day, err));
	*ret_sign_in = (struct rd_sign_in){ .oauth = oauth, .expires = day };
	if (rd_date_is_set(day))
		ret_sign_in->days_left = rd_date_days_between(rd_date_of(now_ms), day);
	return RD_OK;
}

static const char *what_to_do(const struct rd_oauth_config *oauth)
{
	if (oauth->certificate[0] != '\0')
		return "Make a new certificate, upload it to the app registration, put it and its "
		       "key into the files of `Certificate:` and `Key:`, and restart redressd";
	if (oauth->kind == RD_OAUTH_MICROSOFT)
		return "Make a new secret in the app registration, Certificates & secrets, put its "
		       "Value into the file of `Secret:`, its day into `Secret expires:`, and "
		       "restart redressd";
	return "Get a new one, put it into its file and its day into `Secret expires:`, and "
	       "restart redressd";
}

bool rd_sign_in_warns(const struct rd_sign_in *sign_in, char words[static RD_SIGN_IN_WORDS])
{
	const struct rd_oauth_config *oauth = sign_in->oauth;
	const char *what = oauth->certificate[0] != '\0' ? "certificate" : "secret";
	char day[RD_DATE_MAX], when[60];

	if (!rd_date_is_set(sign_in->expires) || sign_in->days_left > RD_SIGN_IN_WARN_DAYS)
		return false;
	rd_date_format(sign_in->expires, day);
	if (sign_in->days_left < 0)
		snprintf(when, sizeof when, "expired on %s", day);
	else if (sign_in->days_left == 0)
		snprintf(when, sizeof when, "expires today");
	else
		snprintf(when, sizeof when, "expires on %s, in %d day%s", day, sign_in->days_left,
			sign_in->days_left == 1 ? "" : "s");
	snprintf(words, RD_SIGN_IN_WORDS,
		"The %s of OAuth %s %s; then no mail is read or sent with it. %s.", what,
		oauth->name, when, what_to_do(oauth));
	return true;
}

/* The step that has been reached: 0 is the first; N_STEPS: none. */
static size_t step_of(const struct rd_sign_in *sign_in)
{
	size_t reached = N_STEPS;

	for (size_t i = 0; i < N_STEPS; i++)
		if (rd_date_is_set(sign_in->expires) && sign_in->days_left <= steps[i])
			reached = i;
	return reached;
}

static const char *cause_of(char out[static RD_ALARM_CAUSE_MAX], const char *name, size_t step)
{
	snprintf(out, RD_ALARM_CAUSE_MAX, RD_ALARM_SIGN_IN "%d:%s", steps[step], name);
	return out;
}

static bool stands(const struct rd_alarm *alarms, size_t n, const char *cause)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(alarms[i].cause, cause) == 0)
			return true;
	return false;
}

/* Raised once: while it stands, no more mails. */
static void watch_one(struct rd_desk *desk, const struct rd_oauth_config *oauth,
	const struct rd_alarm *alarms, size_t n)
{
	char cause[RD_ALARM_CAUSE_MAX], words[RD_SIGN_IN_WORDS];
	struct rd_sign_in sign_in;
	struct rd_err err = { 0 };
	size_t step;

	if (rd_sign_in_look(oauth, rd_office_now(&desk->office), &sign_in, &err) != RD_OK) {
		rd_log(RD_LOG_WARNING, err.msg, "OAUTH", oauth->name, NULL);
		return;
	}
	step = rd_sign_in_warns(&sign_in, words) ? step_of(&sign_in) : N_STEPS;
	for (size_t i = 0; i < N_STEPS; i++)
		if (i != step && stands(alarms, n, cause_of(cause, oauth->name, i)))
			rd_alarms_clear(desk->db, &desk->office, cause);
	if (step < N_STEPS && !stands(alarms, n, cause_of(cause, oauth->name, step)))
		rd_alarms_raise(desk->db, &desk->office, cause, words);
}

void rd_sign_ins_watch(struct rd_desk *desk)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ALARMS_ARENA_BYTES);
	const struct rd_config *config = desk->office.config;
	struct rd_alarm *alarms;
	struct rd_err err = { 0 };
	size_t n;

	if (config->n_oauths == 0)
		return;
	if (rd_alarm_list(desk->db, arena, &alarms, &n, &err) != RD_OK) {
		rd_log(RD_LOG_WARNING, err.msg, NULL);
		return;
	}
	for (size_t i = 0; i < config->n_oauths; i++)
		watch_one(desk, &config->oauths[i], alarms, n);
}
