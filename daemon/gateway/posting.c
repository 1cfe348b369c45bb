#include "redress/gateway/posting.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/log.h"
#include "redress/deliver/sender.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/returns.h"
#include "redress/store/casebook.h"

#define LETTER_ARENA_BYTES (8u << 20)
#define LOOK_AGAIN_MS	   3000 /* for what another process has put into the outbox */
#define TROUBLE_PAUSE_MS   5000
#define UNFIT_ARENA_BYTES  (64u << 20)
#define UNFIT_MAX	   200 /* held letters looked at in one go */
#define RELEASE_MAX	   50  /* ... of them written anew before the sender has its turn */

static const struct rd_actor daemon_actor = { RD_ACTOR_DAEMON, -1 };

/* The sender and the desk that its calls work at; one thread's. */
struct posting {
	struct rd_thread *self; /* NULL in --once */
	struct rd_desk *desk;
	struct rd_sender_calls calls;
	struct rd_sender *sender;
	bool troubled; /* an alarm of a route's own may stand */
	bool capped;   /* an alarm of the cap may stand */
	bool unfit;    /* of the letters held as unfit some may go now: look */
};

static enum rd_rc on_sent(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
	int64_t sent_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(LETTER_ARENA_BYTES);
	struct posting *posting = context;

	return rd_correspondence_gone(tx, &posting->desk->office, row, sent_ms, arena, err);
}

static enum rd_rc on_refused(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
	bool *ret_elsewhere, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(LETTER_ARENA_BYTES);
	struct posting *posting = context;

	return rd_returns_refused(tx, &posting->desk->office, row, arena, ret_elsewhere, err);
}

static void on_beat(void *context)
{
	struct posting *posting = context;

	if (posting->self != NULL)
		rd_thread_beat(posting->self);
}

/* --- letters that may not reach a resident as they are --- */

static bool ends_in(const char *domain, const char *ending)
{
	const size_t len = strlen(domain), n = strlen(ending);

	return len >= n && strcasecmp(domain + len - n, ending) == 0 &&
	       (len == n || domain[len - n - 1] == '.');
}

/* Kept for examples and tests: RFC 2606 and 6761, Ofcom's numbers for drama. */
static bool is_nobody(const char *recipient)
{
	static const char *const endings[] = { "example", "test", "invalid", "localhost",
		"example.com", "example.net", "example.org" };
	const char *at = strrchr(recipient, '@');

	if (at == NULL)
		return rd_is_example_number(recipient);
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (ends_in(at + 1, endings[i]))
			return true;
	return false;
}

/* Does it leave by a way that ends on this machine? */
static bool stays_here(const struct rd_config *config, const char *outgoing)
{
	if (config->outgoing != NULL && strcmp(config->outgoing->name, outgoing) == 0)
		return config->outgoing->kind == RD_OUTGOING_MAILDIR;
	for (size_t i = 0; i < config->n_texts; i++)
		if (strcmp(config->texts[i].name, outgoing) == 0)
			return config->texts[i].kind == RD_TEXTS_TRAY;
	return false;
}

/* NULL: fit. */
static const char *fault_of(const struct rd_landlord *landlord, int64_t now_ms,
	struct rd_finding findings[static RD_FINDINGS_MAX])
{
	const size_t n = rd_landlord_check(landlord, rd_date_of(now_ms), true, findings);

	for (size_t i = 0; i < n; i++)
		if (findings[i].refuse)
			return findings[i].text;
	return NULL;
}

static enum rd_rc landlords_fault(struct posting *posting, const struct rd_outbox_row *row,
	struct rd_finding findings[static RD_FINDINGS_MAX], const char **ret_fault,
	struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(LETTER_ARENA_BYTES);
	const struct rd_office *office = &posting->desk->office;
	const struct rd_policy *policy;
	struct rd_case matter;

	*ret_fault = NULL;
	RD_TRY(rd_case_get(posting->desk->db, row->case_id, arena, &matter, err));
	policy = rd_live_policy(office->live, matter.landlord);
	if (policy != NULL)
		*ret_fault = fault_of(&policy->landlord, rd_office_now(office), findings);
	return RD_OK;
}

static void alarm_unfit(struct posting *posting, const char *fault)
{
	char text[RD_ERR_MAX];

	snprintf(text, sizeof text,
		"Letters to residents wait, for they would name numbers that nobody answers: %s. "
		"Then run `redressctl rules activate`; the letters are written anew and go.",
		fault);
	rd_alarms_raise(posting->desk->db, &posting->desk->office, "letters-unfit", text);
}

static enum rd_rc why_not(
	void *context, const struct rd_outbox_row *row, const char **ret_why, struct rd_err *err)
{
	struct posting *posting = context;
	struct rd_finding findings[RD_FINDINGS_MAX];
	const char *fault;

	*ret_why = NULL;
	if (row->case_id == 0 || stays_here(posting->desk->office.config, row->outgoing) ||
		is_nobody(row->recipient))
		return RD_OK;
	RD_TRY(landlords_fault(posting, row, findings, &fault, err));
	if (fault == NULL)
		return RD_OK;
	alarm_unfit(posting, fault);
	*ret_why = RD_HOLD_UNFIT;
	return RD_OK;
}

/* What was never tried is written anew, with the new numbers; what was tried keeps its words and
 * its date. */
static enum rd_rc let_go(
	struct posting *posting, const struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(LETTER_ARENA_BYTES);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_office *office = &posting->desk->office;

	RD_TRY(rd_tx_begin(posting->desk->db, &tx, err));
	if (row->attempts > 0)
		RD_TRY(rd_outbox_unhold(tx, row->id, RD_HOLD_UNFIT, rd_office_now(office), err));
	else
		RD_TRY(rd_correspondence_rewrite(tx, office, row, arena, err));
	return rd_tx_commit(&tx, err);
}

/* One page of what was kept back. One letter's trouble must not keep the others. */
static enum rd_rc release_page(struct posting *posting, const struct rd_outbox_row *rows, size_t n,
	size_t *n_released, size_t *n_kept, struct rd_err *err)
{
	struct rd_finding findings[RD_FINDINGS_MAX];

	for (size_t i = 0; i < n && *n_released < RELEASE_MAX; i++) {
		const char *fault;
		enum rd_rc rc;

		on_beat(posting);
		RD_TRY(landlords_fault(posting, &rows[i], findings, &fault, err));
		if (fault != NULL && *n_kept == 0)
			alarm_unfit(posting, fault);
		rc = fault != NULL ? RD_OK : let_go(posting, &rows[i], err);
		if (rc == RD_E_AGAIN)
			return rc;
		if (rc != RD_OK)
			rd_log(RD_LOG_ERROR, err->msg, "THREAD", "sender", NULL);
		if (fault != NULL || rc != RD_OK)
			++*n_kept;
		else
			++*n_released;
	}
	return RD_OK;
}

/* What was kept back and may go now. */
static enum rd_rc release(struct posting *posting, struct rd_err *err)
{
	struct rd_outbox_filter held = { .hold_reason = RD_HOLD_UNFIT, .max = UNFIT_MAX };
	size_t n = UNFIT_MAX, n_released = 0, n_kept = 0;

	posting->unfit = true; /* after a failure: look again */
	while (n == UNFIT_MAX && n_released < RELEASE_MAX) {
		RD_CLEANUP(rd_arena_cleanup)
		struct rd_arena *arena = rd_arena_new(UNFIT_ARENA_BYTES);
		struct rd_outbox_row *rows;

		RD_TRY(rd_outbox_list(posting->desk->db, &held, arena, &rows, &n, err));
		RD_TRY(release_page(posting, rows, n, &n_released, &n_kept, err));
		held.after_id = n > 0 ? rows[n - 1].id : held.after_id;
	}
	posting->unfit = n_released == RELEASE_MAX;
	if (!posting->unfit && n_kept == 0)
		rd_alarms_clear(posting->desk->db, &posting->desk->office, "letters-unfit");
	return RD_OK;
}

/* --- the sender's calls --- */

static enum rd_log_level level_of(enum rd_sender_event event)
{
	switch (event) {
	case RD_SENDER_SENT:
	case RD_SENDER_FOUND:
		return RD_LOG_INFO;
	case RD_SENDER_DEFERRED:
	case RD_SENDER_ABSENT:
	case RD_SENDER_HELD:
	case RD_SENDER_UNFIT:
	case RD_SENDER_WAITS:
		return RD_LOG_NOTICE;
	case RD_SENDER_REFUSED:
	case RD_SENDER_GAVE_UP:
	case RD_SENDER_UNCERTAIN:
	case RD_SENDER_CLOCK_BACK:
	case RD_SENDER_OWN_TROUBLE:
	case RD_SENDER_CALL_FAILED:
	case RD_N_SENDER_EVENTS:
		return RD_LOG_WARNING;
	}
	return RD_LOG_WARNING;
}

/* Letters cannot leave because of our own side: a person of ours must act, and soon. */
static void alarm_own_trouble(struct posting *posting, const char *detail)
{
	char text[800]; /* the detail may tell at length what to do */

	snprintf(text, sizeof text,
		"Letters cannot leave (%s). They wait and are tried again; mend it soon, for "
		"acknowledgements are due.",
		detail);
	rd_alarms_raise(posting->desk->db, &posting->desk->office, "sending-trouble", text);
	posting->troubled = true;
}

static void on_event(void *context, enum rd_sender_event event, const struct rd_outbox_row *row,
	const char *detail)
{
	struct posting *posting = context;
	char id[24] = "";

	if (row != NULL)
		snprintf(id, sizeof id, "%" PRId64, row->id);
	rd_log(level_of(event), row != NULL ? "Letter" : "Sender", "EVENT",
		rd_sender_event_names[event], "OUTBOX_ROW", id, "DETAIL",
		event == RD_SENDER_OWN_TROUBLE ? detail : "", NULL);
	if (event == RD_SENDER_OWN_TROUBLE) {
		alarm_own_trouble(posting, detail);
	} else if (event == RD_SENDER_WAITS) {
		rd_alarms_raise(posting->desk->db, &posting->desk->office, "letters-capped",
			"As many letters as may leave in an hour have left; the others wait, but "
			"for "
			"emergencies. If this is no busy day, somebody or something may be "
			"flooding "
			"the gateway: see `redressctl outbox list` and `redressctl messages`.");
		posting->capped = true;
	} else if (event == RD_SENDER_SENT && posting->capped && !row->emergency) {
		rd_alarms_clear(posting->desk->db, &posting->desk->office, "letters-capped");
		posting->capped = false;
	}
	if (event == RD_SENDER_SENT && posting->troubled) {
		rd_alarms_clear(posting->desk->db, &posting->desk->office, "sending-trouble");
		posting->troubled = false;
	}
}

static enum rd_rc open_posting(struct posting *posting, struct rd_err *err)
{
	posting->troubled = posting->capped = posting->unfit = true; /* from an earlier run */
	posting->calls = (struct rd_sender_calls){ .context = posting,
		.on_sent = on_sent,
		.on_refused = on_refused,
		.why_not = why_not,
		.on_event = on_event,
		.beat = on_beat };
	return rd_sender_new(posting->desk->office.config, rd_db_store(posting->desk->db),
		posting->desk->office.clock, &posting->calls, NULL, &posting->sender, err);
}

static void log_trouble(const struct rd_err *err)
{
	rd_log(RD_LOG_ERROR, err->msg, "THREAD", "sender", NULL);
}

static void send_until_stopped(struct rd_thread *self, struct posting *posting)
{
	struct rd_err err = { 0 };

	while (!rd_thread_stopping(self)) {
		bool did = false, changed;
		int64_t next_ms = 0;
		enum rd_rc rc = rd_desk_refresh(posting->desk, &changed, &err);

		rd_thread_beat(self);
		/* Its trouble keeps nobody else's letter. */
		if (rc == RD_OK && (changed || posting->unfit) && release(posting, &err) != RD_OK)
			log_trouble(&err);
		if (rc == RD_OK)
			rc = rd_sender_step(posting->sender, &did, &next_ms, &err);
		if (rc != RD_OK) {
			log_trouble(&err);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		} else if (!did) {
			rd_thread_wait(self,
				rd_sleep_ms(posting->desk->office.clock, next_ms, LOOK_AGAIN_MS));
		}
	}
}

void rd_posting_run(struct rd_thread *self, struct rd_store *store, const struct rd_config *config,
	const struct rd_clock *clock)
{
	while (!rd_thread_stopping(self)) {
		RD_CLEANUP(rd_desk_close) struct rd_desk desk = { 0 };
		struct posting posting = { .self = self, .desk = &desk };
		struct rd_err err = { 0 };

		if (rd_desk_open(&desk, store, config, clock, &daemon_actor, &err) == RD_OK &&
			open_posting(&posting, &err) == RD_OK) {
			send_until_stopped(self, &posting);
		} else {
			log_trouble(&err);
			rd_thread_wait(self, TROUBLE_PAUSE_MS);
		}
		rd_sender_free(posting.sender);
	}
}

enum rd_rc rd_posting_once(struct rd_desk *desk, bool *ret_must_wait, struct rd_err *err)
{
	struct posting posting = { .desk = desk };
	bool must_wait = false;
	enum rd_rc rc = open_posting(&posting, err);

	while (rc == RD_OK && posting.unfit)
		rc = release(&posting, err);
	if (rc == RD_OK)
		rc = rd_sender_run_once(posting.sender, &must_wait, err);
	rd_sender_free(posting.sender);
	*ret_must_wait = *ret_must_wait || must_wait;
	return rc;
}
