#include "redress/intake/imap_take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/fault.h"

enum { WANTED = 0, DONE, BEGUN };

#define RUN_FIRST      50
#define RUN_QUICK_MS   30000 /* a run that took no longer lets the next be twice as long */
#define UNMARKED_ARENA (1u << 20)

enum rd_rc rd_taker_stored(struct rd_taker *t, enum rd_rc rc)
{
	if (rc != RD_OK && rc != RD_E_EXISTS && rc != RD_E_MISSING)
		t->store_failed = true;
	return rc;
}

#define STORE_TRY(call) RD_TRY(rd_taker_stored(t, (call)))

static uint64_t size_limit(const struct rd_taker *t)
{
	uint64_t limit = t->source->config->size_limit_bytes;
	return limit == 0 || limit > RD_MAIL_BYTES_MAX ? RD_MAIL_BYTES_MAX : limit;
}

static void let_go(struct rd_taker *t)
{
	for (size_t i = 0; i < t->n_held; i++)
		rd_imap_data_free(t->held[i].mail.data);
	t->n_held = 0;
	t->held_bytes = 0;
}

void rd_taker_clear(struct rd_taker *t)
{
	let_go(t);
	t->n_large = 0;
	t->n_marks = 0;
	t->wanted = NULL;
	t->n_wanted = 0;
}

/* Everything up to here has been taken in or is gone. */
static uint32_t watermark_now(const struct rd_taker *t)
{
	size_t i = 0;
	while (i < t->n_wanted && t->state[i] == DONE)
		i++;
	return i < t->n_wanted ? t->wanted[i] - 1 : t->wanted[t->n_wanted - 1];
}

/* Commits, with the watermark as it then is. */
static enum rd_rc commit(struct rd_taker *t, struct rd_tx **tx, size_t n_new, struct rd_err *err)
{
	uint32_t watermark = watermark_now(t);
	bool rises = !t->below_watermark && watermark > t->epoch.watermark;
	if (rises)
		STORE_TRY(rd_epoch_advance(*tx, t->epoch.id, watermark, err));
	rd_fault_point("raw-commit-before");
	STORE_TRY(rd_tx_commit(tx, err));
	rd_fault_point("raw-commit-after");
	if (rises)
		t->epoch.watermark = watermark;
	t->n_taken += (int64_t)n_new;
	rd_source_accepted(t->source, n_new);
	return RD_OK;
}

static struct rd_mail_put describe(const struct rd_taker *t, const struct rd_imap_mail *mail)
{
	int64_t now = rd_now_ms(t->source->clock);
	return (struct rd_mail_put){
		.source_id = t->source_id,
		.landlord = t->source->config->landlord,
		.epoch_id = t->epoch.id,
		.uid = mail->uid,
		.received_ms = mail->received_ms ? mail->received_ms : now,
		.first_seen_ms = now,
		.server_bytes = mail->size_bytes > mail->len ? mail->size_bytes : mail->len,
		.mark = t->mark,
	};
}

static void due_for_mark(struct rd_taker *t, uint32_t uid, int64_t message_id)
{
	if (!t->mark)
		return;
	RD_ASSERT(t->n_marks < RD_IMAP_RUN_MAX);
	t->mark_uids[t->n_marks] = uid;
	t->mark_ids[t->n_marks++] = message_id;
}

static enum rd_rc put_held(struct rd_taker *t, struct rd_tx *tx, struct rd_held_mail *held,
	size_t *n_new, struct rd_err *err)
{
	struct rd_mail_put put = describe(t, &held->mail);
	int64_t message_id = 0;
	put.cut = held->cut;
	enum rd_rc rc = rd_intake_put_mail(
		tx, &put, held->mail.data ? held->mail.data : "", held->mail.len, &message_id, err);
	if (rc != RD_OK && rc != RD_E_EXISTS)
		return rd_taker_stored(t, rc);
	if (rc == RD_OK) {
		due_for_mark(t, held->mail.uid, message_id);
		(*n_new)++;
	}
	t->state[held->index] = DONE;
	return RD_OK;
}

/* Stores what is held, in as many transactions as their time allows. On a failure the states of the
 * lost transaction are of no more use: the connection is dropped and the run begun anew. */
static enum rd_rc flush(struct rd_taker *t, struct rd_err *err)
{
	for (size_t i = 0; i < t->n_held;) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		size_t n_new = 0;
		STORE_TRY(rd_tx_begin(t->db, &tx, err));
		int64_t until = rd_monotonic_ms() + RD_BATCH_MS_MAX;
		do
			RD_TRY(put_held(t, tx, &t->held[i], &n_new, err));
		while (++i < t->n_held && rd_monotonic_ms() < until);
		RD_TRY(commit(t, &tx, n_new, err));
	}
	let_go(t);
	return RD_OK;
}

static enum rd_rc begin_large(
	struct rd_taker *t, size_t index, const struct rd_imap_mail *mail, struct rd_err *err)
{
	struct rd_mail_put put = describe(t, mail);
	struct rd_large_mail large = {
		.index = index, .stored = mail->len, .size_bytes = mail->size_bytes
	};
	RD_TRY(flush(t, err));
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	enum rd_rc rc = rd_intake_start_mail(tx, &put, &large.message_id, err);
	if (rc == RD_E_EXISTS) {
		t->state[index] = DONE;
		return RD_OK;
	}
	STORE_TRY(rc);
	STORE_TRY(rd_intake_add_piece(tx, large.message_id, mail->data, mail->len, err));
	STORE_TRY(rd_tx_commit(&tx, err));
	t->state[index] = BEGUN;
	t->large[t->n_large++] = large;
	return RD_OK;
}

static int by_uid(const void *key, const void *item)
{
	uint32_t a = *(const uint32_t *)key, b = *(const uint32_t *)item;
	return a < b ? -1 : a > b;
}

static enum rd_rc on_mail(void *context, struct rd_imap_mail *mail, struct rd_err *err)
{
	struct rd_taker *t = context;
	rd_source_beat(t->source);
	if (rd_source_stopping(t->source))
		return rd_fail(err, RD_E_AGAIN, "asked to stop");
	const uint32_t *found =
		bsearch(&mail->uid, t->wanted, t->n_wanted, sizeof *t->wanted, by_uid);
	size_t index = found ? (size_t)(found - t->wanted) : 0;
	if (!found || t->state[index] != WANTED)
		return RD_OK;
	if (mail->len == 0 && mail->size_bytes > 0)
		return RD_OK; /* not given: see settle_missing */
	for (size_t i = 0; i < t->n_held; i++)
		if (t->held[i].index == index)
			return RD_OK; /* sent twice */
	uint64_t limit = size_limit(t);
	/* A full piece, or less than the server says there is: the rest is asked for. */
	if (mail->len < limit && (mail->len >= RD_RAW_PIECE_BYTES || mail->len < mail->size_bytes))
		return begin_large(t, index, mail, err);
	struct rd_held_mail held = { .index = index, .mail = *mail };
	held.cut = mail->len > limit || (mail->len == limit && mail->size_bytes > limit);
	if (mail->len > limit)
		held.mail.len = limit;
	mail->data = NULL;
	t->held[t->n_held++] = held;
	t->held_bytes += held.mail.len;
	if (t->n_held == RD_BATCH_MESSAGES_MAX || t->held_bytes >= RD_BATCH_BYTES_MAX)
		return flush(t, err);
	return RD_OK;
}

/* --- large mails --- */

static void free_data(char **data)
{
	rd_imap_data_free(*data);
}

/* One more piece. *ret_more: there is another. *ret_cut: there is more than we store. */
static enum rd_rc add_piece(struct rd_taker *t, struct rd_large_mail *large, bool *ret_more,
	bool *ret_cut, struct rd_err *err)
{
	RD_CLEANUP(free_data) char *data = NULL;
	size_t len = 0;
	uint64_t limit = size_limit(t);
	enum rd_rc rc = rd_imap_fetch_piece(
		t->imap, t->wanted[large->index], large->stored, &data, &len, err);
	*ret_more = false;
	if (rc == RD_E_MISSING) {
		*ret_cut = true; /* deleted while we read it: what we have is kept */
		return RD_OK;
	}
	RD_TRY(rc);
	size_t take = len > limit - large->stored ? (size_t)(limit - large->stored) : len;
	/* An empty piece is the end, whatever size the server said: some estimate it. */
	bool is_short =
		len > 0 && len < RD_RAW_PIECE_BYTES && large->stored + take < large->size_bytes;
	large->n_short += is_short;
	*ret_cut = take < len || large->n_short > RD_SHORT_PIECES_MAX;
	*ret_more = !*ret_cut && (len >= RD_RAW_PIECE_BYTES || is_short);
	if (take == 0)
		return RD_OK;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_intake_add_piece(tx, large->message_id, data, take, err));
	STORE_TRY(rd_tx_commit(&tx, err));
	large->stored += take;
	return RD_OK;
}

static enum rd_rc finish_large(struct rd_taker *t, struct rd_large_mail *large, struct rd_err *err)
{
	bool more = true, cut = false;
	while (more) {
		rd_source_beat(t->source);
		if (rd_source_stopping(t->source))
			return rd_fail(err, RD_E_AGAIN, "asked to stop");
		RD_TRY(add_piece(t, large, &more, &cut, err));
	}
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_intake_finish_mail(tx, large->message_id, cut, err));
	t->state[large->index] = DONE;
	due_for_mark(t, t->wanted[large->index], large->message_id);
	return commit(t, &tx, 1, err);
}

/* --- mails that did not come --- */

static void withheld_name(const struct rd_taker *t, uint32_t uid, char *out, size_t size)
{
	snprintf(out, size, "withheld.%lld.%u", (long long)t->epoch.id, uid);
}

/* The server lists it and does not give it: a person's, after some tries, so that it blocks nobody.
 */
static enum rd_rc settle_withheld(struct rd_taker *t, size_t index, struct rd_err *err)
{
	char name[64];
	int64_t tries = 0;
	uint32_t uid = t->wanted[index];
	withheld_name(t, uid, name, sizeof name);
	STORE_TRY(rd_meta_get_int(t->db, name, &tries, err));
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_meta_set_int(tx, name, ++tries, err));
	if (tries < RD_WITHHELD_TRIES) {
		STORE_TRY(rd_tx_commit(&tx, err));
		return rd_fail(err, RD_E_AGAIN,
			"the server lists mail %u and does not give it (try %d of %d)", uid,
			(int)tries, RD_WITHHELD_TRIES);
	}
	struct rd_held_mail held = { .index = index, .mail = { .uid = uid }, .cut = true };
	size_t n_new = 0;
	RD_TRY(put_held(t, tx, &held, &n_new, err));
	RD_TRY(commit(t, &tx, n_new, err));
	rd_source_alarm(t->source, RD_ALARM_WITHHELD,
		"the server lists mail %u of mailbox %s and does not give it; a case was opened "
		"for "
		"it: read it in the mailbox itself",
		uid, t->source->config->name);
	return RD_OK;
}

static enum rd_rc settle_one(struct rd_taker *t, size_t index, struct rd_err *err)
{
	struct rd_err why = { 0 };
	enum rd_rc rc = rd_imap_fetch(t->imap, &t->wanted[index], 1, on_mail, t, &why);
	if (rc != RD_OK && (t->store_failed || rd_imap_broken(t->imap))) {
		*err = why;
		return rc;
	}
	RD_TRY(flush(t, err));
	return t->state[index] == WANTED ? settle_withheld(t, index, err) : RD_OK;
}

/* Those that are still wanted after the run: gone from the server, or not given. */
static enum rd_rc settle_missing(struct rd_taker *t, struct rd_err *err)
{
	uint32_t missing[RD_IMAP_RUN_MAX];
	size_t n = 0;
	for (size_t i = 0; i < t->n_wanted; i++)
		if (t->state[i] == WANTED)
			missing[n++] = t->wanted[i];
	if (n == 0)
		return RD_OK;
	RD_CLEANUP(rd_uids_free) struct rd_uids listed = { 0 };
	RD_TRY(rd_imap_list_some(t->imap, missing, n, &listed, err));
	for (size_t i = 0; i < t->n_wanted; i++) {
		if (t->state[i] != WANTED)
			continue;
		if (!bsearch(&t->wanted[i], listed.items, listed.n, sizeof *listed.items, by_uid))
			t->state[i] = DONE;
		else
			RD_TRY(settle_one(t, i, err));
	}
	return RD_OK;
}

static enum rd_rc advance(struct rd_taker *t, struct rd_err *err)
{
	if (t->below_watermark || watermark_now(t) <= t->epoch.watermark)
		return RD_OK;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	return commit(t, &tx, 0, err);
}

/* --- marks --- */

static void warn_once(struct rd_taker *t, const char *sentence)
{
	if (!t->warned)
		rd_source_warn(t->source, sentence);
	t->warned = true;
}

static enum rd_rc mark(
	struct rd_taker *t, const uint32_t *uids, const int64_t *ids, size_t n, struct rd_err *err)
{
	const struct rd_mailbox_config *config = t->source->config;
	if (!t->mark || n == 0)
		return RD_OK;
	enum rd_rc rc =
		config->afterwards == RD_AFTER_MOVE
			? rd_imap_move(t->imap, uids, n, config->afterwards_word, err)
			: rd_imap_add_keyword(t->imap, uids, n, config->afterwards_word, err);
	if (rc == RD_E_REFUSED && !rd_imap_broken(t->imap)) {
		warn_once(t, err->msg);
		t->mark = false;
		return RD_OK;
	}
	RD_TRY(rc);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_intake_set_marked(tx, ids, n, err));
	return rd_taker_stored(t, rd_tx_commit(&tx, err));
}

/* One batch. *ret_n 0: there was none. */
static enum rd_rc mark_some(struct rd_taker *t, int64_t epoch_id, struct rd_arena *arena,
	size_t *ret_n, struct rd_err *err)
{
	struct rd_unmarked_mail *items = NULL;
	uint32_t uids[RD_IMAP_RUN_MAX];
	int64_t ids[RD_IMAP_RUN_MAX];
	rd_arena_reset(arena);
	STORE_TRY(rd_intake_list_unmarked(
		t->db, t->source_id, epoch_id, RD_IMAP_RUN_MAX, arena, &items, ret_n, err));
	for (size_t i = 0; i < *ret_n; i++) {
		ids[i] = items[i].message_id;
		uids[i] = items[i].uid;
	}
	if (*ret_n == 0)
		return RD_OK;
	if (epoch_id)
		return mark(t, uids, ids, *ret_n, err);
	/* Of an earlier UIDVALIDITY: their numbers name nothing any more. */
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_intake_set_marked(tx, ids, *ret_n, err));
	return rd_taker_stored(t, rd_tx_commit(&tx, err));
}

enum rd_rc rd_taker_mark_due(struct rd_taker *t, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(UNMARKED_ARENA);
	size_t n = 1;
	while (t->mark && n > 0)
		RD_TRY(mark_some(t, t->epoch.id, arena, &n, err));
	n = 1;
	while (t->mark && n > 0)
		RD_TRY(mark_some(t, 0, arena, &n, err));
	return RD_OK;
}

/* --- runs --- */

static enum rd_rc take_run(struct rd_taker *t, const uint32_t *uids, size_t n, struct rd_err *err)
{
	rd_taker_clear(t);
	t->wanted = uids;
	t->n_wanted = n;
	memset(t->state, WANTED, sizeof t->state);
	t->store_failed = false;
	struct rd_err why = { 0 };
	enum rd_rc rc = rd_imap_fetch(t->imap, uids, n, on_mail, t, &why);
	if (t->store_failed) {
		*err = why;
		return rc;
	}
	RD_TRY(flush(t, err)); /* what came whole is kept, whatever became of the rest */
	if (rc != RD_OK && rd_imap_broken(t->imap)) {
		*err = why;
		return rc;
	}
	for (size_t i = 0; i < t->n_large; i++)
		RD_TRY(finish_large(t, &t->large[i], err));
	t->n_large = 0;
	RD_TRY(settle_missing(t, err));
	for (size_t i = 0; i < t->n_large; i++) /* a large one that came at the second asking */
		RD_TRY(finish_large(t, &t->large[i], err));
	RD_TRY(advance(t, err));
	return mark(t, t->mark_uids, t->mark_ids, t->n_marks, err);
}

static enum rd_rc take_all(struct rd_taker *t, const uint32_t *uids, size_t n, struct rd_err *err)
{
	for (size_t i = 0; i < n;) {
		if (t->run == 0)
			t->run = RUN_FIRST;
		size_t run = t->run < n - i ? t->run : n - i;
		int64_t began = rd_monotonic_ms();
		enum rd_rc rc = take_run(t, uids + i, run, err);
		rd_taker_clear(t);
		if (rc != RD_OK) {
			if (!t->store_failed)
				t->run = t->run / 4 ? t->run / 4 : 1;
			return rc;
		}
		i += run;
		if (rd_monotonic_ms() - began < RUN_QUICK_MS)
			t->run = t->run * 2 > RD_IMAP_RUN_MAX ? RD_IMAP_RUN_MAX : t->run * 2;
	}
	return RD_OK;
}

/* A run that broke off may have stored mails above the watermark: not fetched again. */
static enum rd_rc drop_stored(struct rd_taker *t, struct rd_uids *uids, struct rd_err *err)
{
	size_t kept = 0;
	for (size_t i = 0; i < uids->n; i++) {
		bool has = false;
		if (i < 2 * (size_t)RD_IMAP_RUN_MAX)
			STORE_TRY(rd_intake_has_uid(t->db, t->epoch.id, uids->items[i], &has, err));
		if (!has)
			uids->items[kept++] = uids->items[i];
	}
	uids->n = kept;
	return RD_OK;
}

/* The last ones listed were all in the store: the watermark follows. */
static enum rd_rc advance_to(struct rd_taker *t, uint32_t watermark, struct rd_err *err)
{
	if (watermark <= t->epoch.watermark)
		return RD_OK;
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	STORE_TRY(rd_tx_begin(t->db, &tx, err));
	STORE_TRY(rd_epoch_advance(tx, t->epoch.id, watermark, err));
	STORE_TRY(rd_tx_commit(&tx, err));
	t->epoch.watermark = watermark;
	return RD_OK;
}

enum rd_rc rd_taker_catch_up(struct rd_taker *t, struct rd_err *err)
{
	t->below_watermark = false;
	t->store_failed = false;
	for (;;) {
		uint32_t exists = rd_imap_exists(t->imap);
		if (exists == 0 || t->epoch.watermark == UINT32_MAX)
			return RD_OK;
		RD_CLEANUP(rd_uids_free) struct rd_uids uids = { 0 };
		RD_TRY(rd_imap_list(t->imap, t->epoch.watermark + 1, &uids, err));
		if (uids.n == 0) {
			if (rd_imap_exists(t->imap) > exists)
				continue; /* one came while we were listing */
			return RD_OK;
		}
		uint32_t last = uids.items[uids.n - 1];
		RD_TRY(drop_stored(t, &uids, err));
		RD_TRY(take_all(t, uids.items, uids.n, err));
		RD_TRY(advance_to(t, last, err));
	}
}

enum rd_rc rd_taker_fetch_missed(
	struct rd_taker *t, const uint32_t *uids, size_t n, struct rd_err *err)
{
	t->below_watermark = true;
	enum rd_rc rc = take_all(t, uids, n, err);
	t->below_watermark = false;
	return rc;
}
