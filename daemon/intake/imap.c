#include "redress/intake/imap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "redress/base/backoff.h"
#include "redress/base/date.h"
#include "redress/intake/imap_connect.h"
#include "redress/intake/imap_take.h"

#define IDLE_MS		 (9 * 60 * 1000)
#define POLL_MS		 30000
#define RECONCILE_MS	 3600000
#define PAUSE_FIRST_MS	 1000
#define PAUSE_MOST_MS	 300000
#define PAUSE_REFUSED_MS 60000 /* a wrong password asked too often locks the account */
#define ALARM_AFTER_MS	 600000
#define TICK_MS		 10000
#define CLOCK_SLACK_MS	 3600000 /* between the server's clock and ours */
#define RECONCILE_ARENA	 (64u << 20)

#define SINCE_ALL 1 /* `Start from: all`, in the store; 0 is "never connected" */

struct mailbox {
	const struct rd_intake_source *source;
	const struct rd_mailbox_config *config;
	struct rd_imap_tuning tuning;
	int wake_fd;
	struct rd_trust *trust;
	struct rd_taker taker;
	struct rd_imap_folder folder;
	int64_t reconciled_ms;	    /* monotonic; 0: not in this life */
	int64_t n_listed, n_stored; /* as last counted by a listing, and what came since */
	char server[300];
};

static int64_t either(int64_t given, int64_t otherwise)
{
	return given > 0 ? given : otherwise;
}

static struct rd_imap_tuning complete(const struct rd_imap_tuning *given)
{
	struct rd_imap_tuning t = given ? *given : (struct rd_imap_tuning){ 0 };
	t.idle_ms = either(t.idle_ms, IDLE_MS);
	t.poll_ms = either(t.poll_ms, POLL_MS);
	t.reconcile_ms = either(t.reconcile_ms, RECONCILE_MS);
	t.pause_first_ms = either(t.pause_first_ms, PAUSE_FIRST_MS);
	t.pause_most_ms = either(t.pause_most_ms, PAUSE_MOST_MS);
	t.alarm_after_ms = either(t.alarm_after_ms, ALARM_AFTER_MS);
	return t;
}

static void free_mailbox(struct mailbox **m)
{
	if (!*m)
		return;
	rd_taker_clear(&(*m)->taker);
	rd_imap_free((*m)->taker.imap);
	rd_trust_free((*m)->trust);
	rd_db_close((*m)->taker.db);
	free(*m);
	*m = NULL;
}

static struct mailbox *new_mailbox(const struct rd_intake_source *source,
	const struct rd_mailbox_config *config, const struct rd_imap_tuning *tuning, int wake_fd)
{
	struct mailbox *m = calloc(1, sizeof *m);
	RD_ASSERT(m);
	m->source = source;
	m->config = config;
	m->tuning = complete(tuning);
	m->wake_fd = wake_fd;
	m->taker.source = source;
	snprintf(m->server, sizeof m->server, "%s port %d", config->host, config->port);
	return m;
}

/* --- the connection --- */

static bool stopping(void *context)
{
	const struct mailbox *m = context;
	return rd_source_stopping(m->source);
}

static enum rd_rc connect_and_log_in(struct mailbox *m, struct rd_stream **ret_stream,
	struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	const struct rd_mailbox_config *config = m->config;
	if (!m->trust && config->security != RD_SECURITY_PLAIN)
		RD_TRY(rd_trust_new(config->ca_file, &m->trust, err));
	const struct rd_token_stop stop = { stopping, m };
	const struct rd_imap_way way = {
		.config = config,
		.trust = m->trust,
		.wake_fd = m->wake_fd,
		.connect_ms = m->tuning.connect_ms,
		.read_ms = m->tuning.read_ms,
		.stop = &stop,
	};
	return rd_imap_connect(&way, ret_stream, ret_abilities, err);
}

static enum rd_rc open_folder(struct mailbox *m, struct rd_err *err)
{
	struct rd_stream *stream = NULL;
	struct rd_imap_abilities abilities = { 0 };
	RD_TRY(connect_and_log_in(m, &stream, &abilities, err));
	RD_TRY(rd_imap_new(stream, &abilities, m->server, &m->taker.imap, err));
	rd_imap_set_deadline(m->taker.imap, m->tuning.command_ms);
	return rd_imap_select(m->taker.imap, m->config->folder, &m->folder, err);
}

/* --- where to begin --- */

static enum rd_rc next_uid(struct mailbox *m, uint32_t *ret_uid, struct rd_err *err)
{
	if (m->folder.uidnext > 0) {
		*ret_uid = m->folder.uidnext;
		return RD_OK;
	}
	RD_CLEANUP(rd_uids_free) struct rd_uids uids = { 0 };
	RD_TRY(rd_imap_list(m->taker.imap, 1, &uids, err));
	*ret_uid = uids.n ? uids.items[uids.n - 1] + 1 : 1;
	return RD_OK;
}

/* The lowest UID received at or after an instant, else the next to come. */
static enum rd_rc uid_since(
	struct mailbox *m, int64_t since_ms, uint32_t *ret_uid, struct rd_err *err)
{
	uint32_t next = 1, first = UINT32_MAX;
	RD_TRY(next_uid(m, &next, err));
	if (m->folder.exists > 0)
		RD_TRY(rd_imap_first_since(m->taker.imap, since_ms, &first, err));
	*ret_uid = first == UINT32_MAX ? next : first;
	return RD_OK;
}

/* since_ms: as the store remembers it; 0 on the mailbox's very first connection. */
static enum rd_rc start_uid(
	struct mailbox *m, int64_t *since_ms, uint32_t *ret_uid, struct rd_err *err)
{
	if (*since_ms == SINCE_ALL) {
		*ret_uid = 1;
		return RD_OK;
	}
	if (*since_ms)
		return uid_since(m, *since_ms - CLOCK_SLACK_MS, ret_uid, err);
	switch (m->config->start_from) {
	case RD_START_NOW:
		*since_ms = rd_now_ms(m->source->clock);
		return next_uid(m, ret_uid, err);
	case RD_START_DAY:
		*since_ms = rd_date_start_ms(m->config->start_day);
		return uid_since(m, *since_ms, ret_uid, err);
	case RD_START_ALL:
		break;
	}
	*since_ms = SINCE_ALL;
	*ret_uid = 1;
	return RD_OK;
}

#define STORE_TRY(call) RD_TRY(rd_taker_stored(&m->taker, (call)))

static enum rd_rc take_source(struct mailbox *m, struct rd_err *err)
{
	const struct rd_source_identity identity = {
		.kind = RD_SOURCE_IMAP,
		.host = m->config->host,
		.user = m->config->user,
		.folder = m->config->folder,
	};
	bool is_new = false;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(m->taker.db, &tx, err));
	STORE_TRY(rd_source_take(tx, &identity, m->config->name, rd_now_ms(m->source->clock),
		&m->taker.source_id, &is_new, err));
	return rd_taker_stored(&m->taker, rd_tx_commit(&tx, err));
}

static enum rd_rc take_epoch(struct mailbox *m, struct rd_err *err)
{
	struct rd_taker *t = &m->taker;
	char name[64];
	int64_t since_ms = 0;
	uint32_t start = 1, next = 1;
	enum rd_rc rc = rd_epoch_find(t->db, t->source_id, m->folder.uidvalidity, &t->epoch, err);
	if (rc != RD_E_MISSING)
		return rd_taker_stored(t, rc);
	snprintf(name, sizeof name, "mailbox-since.%lld", (long long)t->source_id);
	STORE_TRY(rd_meta_get_int(t->db, name, &since_ms, err));
	RD_TRY(start_uid(m, &since_ms, &start, err));
	RD_TRY(next_uid(m, &next, err));
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_meta_set_int(tx, name, since_ms, err));
	STORE_TRY(rd_epoch_take(tx, t->source_id, m->folder.uidvalidity, start, next,
		rd_now_ms(m->source->clock), &t->epoch, err));
	STORE_TRY(rd_tx_commit(&tx, err));
	if (!t->epoch.first_of_source)
		rd_source_warn(m->source,
			"the server has numbered this mailbox anew (UIDVALIDITY); all its mails "
			"are "
			"looked at again, and those that are known are not answered again");
	return RD_OK;
}

/* --- marks --- */

static void decide_marks(struct mailbox *m)
{
	struct rd_taker *t = &m->taker;
	const char *why = NULL;
	t->mark = false;
	switch (m->config->afterwards) {
	case RD_AFTER_NOTHING:
		return;
	case RD_AFTER_KEYWORD:
		t->mark = rd_imap_keeps_keyword(t->imap, m->config->afterwards_word);
		why = "the server keeps no keywords in this mailbox: mails are taken in and left "
		      "as "
		      "they are";
		break;
	case RD_AFTER_MOVE:
		t->mark = rd_imap_can_move(t->imap) &&
			  strcmp(m->config->folder, m->config->afterwards_word) != 0;
		why = "mails cannot be moved out of this mailbox (read-only, a server without MOVE "
		      "and UIDPLUS, or the same folder): they are taken in and left as they are";
		break;
	}
	if (!t->mark && !t->warned) {
		rd_source_warn(m->source, why);
		t->warned = true;
	}
}

/* --- reconciliation --- */

static enum rd_rc compare(struct mailbox *m, const struct rd_uids *listed, struct rd_arena *arena,
	struct rd_reconciled *ret, struct rd_err *err)
{
	struct rd_taker *t = &m->taker;
	uint32_t next = m->folder.uidnext;
	if (listed->n > 0 && listed->items[listed->n - 1] >= next)
		next = listed->items[listed->n - 1] + 1;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_epoch_reconcile(tx, &t->epoch, listed->items, listed->n, next,
		rd_now_ms(m->source->clock), arena, ret, err));
	STORE_TRY(rd_source_note_counts(tx, t->source_id, (int64_t)listed->n, ret->n_stored, err));
	STORE_TRY(rd_tx_commit(&tx, err));
	m->n_listed = (int64_t)listed->n;
	m->n_stored = ret->n_stored;
	t->n_taken = 0;
	return RD_OK;
}

static enum rd_rc list_ours(struct mailbox *m, struct rd_uids *ret_uids, struct rd_err *err)
{
	if (rd_imap_exists(m->taker.imap) == 0)
		return RD_OK;
	return rd_imap_list(m->taker.imap, m->taker.epoch.start_uid, ret_uids, err);
}

static enum rd_rc reconcile(struct mailbox *m, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RECONCILE_ARENA);
	RD_CLEANUP(rd_uids_free) struct rd_uids listed = { 0 };
	struct rd_reconciled found = { 0 };
	RD_TRY(list_ours(m, &listed, err));
	RD_TRY(compare(m, &listed, arena, &found, err));
	m->reconciled_ms = rd_monotonic_ms();
	if (found.n_gone_new > 0) {
		char sentence[120];
		snprintf(sentence, sizeof sentence,
			"%lld mail(s) had gone from the mailbox before they could be taken in",
			(long long)found.n_gone_new);
		rd_source_warn(m->source, sentence);
	}
	if (found.n_missing == 0)
		return RD_OK;
	rd_source_alarm(m->source, RD_ALARM_MISSED,
		"%zu mail(s) of mailbox %s were listed by the server and missing from the store; "
		"they "
		"are being fetched now",
		found.n_missing, m->config->name);
	RD_TRY(rd_taker_fetch_missed(&m->taker, found.missing, found.n_missing, err));
	rd_arena_reset(arena);
	return compare(m, &listed, arena, &found, err);
}

/* --- one pass, one connection, the thread --- */

/* What was taken in since the last listing is there and here, but where it is moved away. The next
 * listing counts it itself. */
static enum rd_rc note_taken(struct mailbox *m, struct rd_tx *tx, struct rd_err *err)
{
	struct rd_taker *t = &m->taker;
	if (t->n_taken == 0 || (t->mark && m->config->afterwards == RD_AFTER_MOVE))
		return RD_OK;
	m->n_listed += t->n_taken;
	m->n_stored += t->n_taken;
	t->n_taken = 0;
	return rd_source_note_counts(tx, t->source_id, m->n_listed, m->n_stored, err);
}

static enum rd_rc note_success(struct mailbox *m, struct rd_err *err)
{
	struct rd_taker *t = &m->taker;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(note_taken(m, tx, err));
	STORE_TRY(rd_source_note_success(tx, t->source_id, rd_now_ms(m->source->clock), err));
	STORE_TRY(rd_tx_commit(&tx, err));
	rd_source_success(m->source);
	return RD_OK;
}

static enum rd_rc one_pass(struct mailbox *m, struct rd_err *err)
{
	RD_TRY(rd_taker_catch_up(&m->taker, err));
	if (!m->reconciled_ms || rd_monotonic_ms() - m->reconciled_ms >= m->tuning.reconcile_ms)
		RD_TRY(reconcile(m, err));
	return note_success(m, err);
}

static enum rd_rc begin(struct mailbox *m, struct rd_err *err)
{
	struct rd_taker *t = &m->taker;
	t->store_failed = false;
	if (!t->db)
		STORE_TRY(rd_db_open(m->source->store, &t->db, err));
	if (!t->source_id)
		RD_TRY(take_source(m, err));
	RD_TRY(open_folder(m, err));
	RD_TRY(take_epoch(m, err));
	decide_marks(m);
	return rd_taker_mark_due(t, err);
}

static void tick(void *context)
{
	rd_source_beat(context);
}

/* Lasts until the connection ends. *good: it has once been in order. */
static enum rd_rc one_connection(struct mailbox *m, bool *good, struct rd_err *err)
{
	RD_TRY(begin(m, err));
	for (;;) {
		bool news = false;
		RD_TRY(one_pass(m, err));
		*good = true;
		int64_t wait_ms = rd_imap_abilities(m->taker.imap)->idle ? m->tuning.idle_ms
									 : m->tuning.poll_ms;
		int64_t due = m->reconciled_ms + m->tuning.reconcile_ms - rd_monotonic_ms();
		if (due < wait_ms)
			wait_ms = due < 0 ? 0 : due;
		/* The server's own reconciliation is one more listing: news or not, look again. */
		RD_TRY(rd_imap_await(
			m->taker.imap, wait_ms, TICK_MS, tick, (void *)m->source, &news, err));
	}
}

static void leave(struct mailbox *m)
{
	rd_taker_clear(&m->taker);
	rd_imap_free(m->taker.imap);
	m->taker.imap = NULL;
}

enum rd_rc rd_imap_once(const struct rd_intake_source *source, const struct rd_imap_tuning *tuning,
	int wake_fd, struct rd_err *err)
{
	RD_CLEANUP(free_mailbox)
	struct mailbox *m = new_mailbox(source, source->config, tuning, wake_fd);
	RD_TRY(begin(m, err));
	return one_pass(m, err);
}

static uint32_t any_chance(void)
{
	uint32_t chance = 0;
	if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
		chance = (uint32_t)rd_monotonic_ms();
	return chance;
}

struct trouble {
	int64_t since_ms; /* monotonic; 0: none */
	int64_t grown_ms; /* its pauses */
};

static void tell(struct mailbox *m, struct trouble *trouble, const struct rd_err *err)
{
	if (!trouble->since_ms)
		trouble->since_ms = rd_monotonic_ms();
	rd_source_warn(m->source, err->msg);
	if (m->taker.store_failed)
		rd_source_alarm(m->source, RD_ALARM_STORAGE, "%s", err->msg);
	else if (err->code == RD_E_REFUSED || err->code == RD_E_INPUT)
		rd_source_alarm(
			m->source, RD_ALARM_REFUSED, "mailbox %s: %s", m->config->name, err->msg);
	else if (rd_monotonic_ms() - trouble->since_ms >= m->tuning.alarm_after_ms)
		rd_source_alarm(m->source, RD_ALARM_UNREACHABLE, "mailbox %s: %s", m->config->name,
			err->msg);
}

int64_t rd_imap_pause_ms(
	const struct rd_imap_tuning *tuning, bool refused, uint32_t chance, int64_t *grown_ms)
{
	const struct rd_imap_tuning t = complete(tuning);
	int64_t pause = rd_backoff_next(*grown_ms, t.pause_first_ms, t.pause_most_ms);
	*grown_ms = pause;
	if (refused && pause < PAUSE_REFUSED_MS && t.pause_most_ms >= PAUSE_REFUSED_MS)
		pause = PAUSE_REFUSED_MS;
	return rd_backoff_spread(pause, chance);
}

static int64_t next_pause(
	const struct mailbox *m, struct trouble *trouble, const struct rd_err *err)
{
	bool refused = err->code == RD_E_REFUSED && !m->taker.store_failed;
	return rd_imap_pause_ms(&m->tuning, refused, any_chance(), &trouble->grown_ms);
}

void rd_imap_run(struct rd_thread *self, const struct rd_intake_source *source,
	const struct rd_imap_tuning *tuning)
{
	RD_CLEANUP(free_mailbox)
	struct mailbox *m = new_mailbox(source, source->config, tuning, rd_thread_wake_fd(self));
	struct trouble trouble = { 0 };
	while (!rd_thread_stopping(self)) {
		struct rd_err err = { 0 };
		bool good = false;
		enum rd_rc rc = one_connection(m, &good, &err);
		bool woken = m->taker.imap && rd_imap_woken(m->taker.imap);
		RD_ASSERT(rc != RD_OK);
		leave(m);
		if (good)
			trouble = (struct trouble){ 0 };
		if (rd_thread_stopping(self))
			break;
		if (!woken)
			tell(m, &trouble, &err);
		rd_thread_wait(self, woken ? 0 : next_pause(m, &trouble, &err));
	}
}
