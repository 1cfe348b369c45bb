#include "redress/gateway/pipeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/fault.h"
#include "redress/base/limits.h"
#include "redress/base/log.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/guards.h"
#include "redress/message/sms.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"

#define BATCH_ARENA_BYTES (256u << 20)
#define TX_MESSAGES_MAX	  100
#define TX_MS_MAX	  50
#define RETRY_MS	  5000

/* One batch on its way. A group of texts is one reading: its first text leads, the rest follow. */
struct batch {
	struct rd_pipeline *pipeline;
	struct rd_arena *arena;
	struct rd_claimed *claimed;
	size_t n_claimed;
	struct rd_reading_request *requests; /* one a leader */
	struct rd_reading *readings;
	size_t *leader; /* requests[i] is of claimed[leader[i]] */
	size_t n_requests;
	struct rd_pipeline_round *round;
};

/* A mail's pieces come from the store only while a child takes them: opened late, closed at the
 * end. */
struct stored_mail {
	struct rd_db *db;
	int64_t message_id;
	struct rd_raw_reader *reader;
};

static enum rd_rc give_stored_mail(
	void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err)
{
	struct stored_mail *mail = context;
	enum rd_rc rc;

	if (mail->reader == NULL)
		RD_TRY(rd_raw_open(mail->db, mail->message_id, &mail->reader, err));
	rc = rd_raw_next(mail->reader, ret_piece, ret_len, err);
	if (rc != RD_OK || *ret_len == 0) {
		rd_raw_close(mail->reader);
		mail->reader = NULL;
	}
	return rc;
}

static enum rd_rc rewind_stored_mail(void *context, struct rd_err *err)
{
	struct stored_mail *mail = context;

	(void)err;
	rd_raw_close(mail->reader);
	mail->reader = NULL;
	return RD_OK;
}

/* A lone opt-out word keeps its meaning among other texts, so it is read by itself. */
static bool stands_alone(const struct rd_claimed *text)
{
	const enum rd_bare_word word = rd_bare_word(text->text, text->text_len);

	return word == RD_WORD_OPT_OUT || word == RD_WORD_OPT_IN;
}

static bool leads(const struct batch *b, size_t i)
{
	return b->claimed[i].group == 0 || i == 0 ||
	       b->claimed[i - 1].group != b->claimed[i].group || stands_alone(&b->claimed[i]) ||
	       stands_alone(&b->claimed[i - 1]);
}

/* Texts that are decided together are read as one, joined by line ends. */
static enum rd_rc request_text(
	struct batch *b, size_t first, struct rd_reading_request *request, struct rd_err *err)
{
	struct rd_raw_memory *joined = rd_arena_alloc(b->arena, sizeof *joined);
	size_t len = 0, end = first;
	char *text;

	do {
		len += b->claimed[end].text_len + 1;
		end++;
	} while (end < b->n_claimed && !leads(b, end));
	text = rd_arena_alloc(b->arena, len);
	if (text == NULL || joined == NULL)
		return rd_fail(err, RD_E_RANGE, "a batch of messages does not fit in memory");
	joined->bytes = text;
	joined->len = len - 1;
	for (size_t i = first; i < end; i++) {
		memcpy(text, b->claimed[i].text, b->claimed[i].text_len);
		text += b->claimed[i].text_len;
		*text++ = '\n';
	}
	request->raw = rd_raw_from_memory(joined);
	request->from = b->claimed[first].from;
	return RD_OK;
}

static enum rd_rc request_mail(
	struct batch *b, size_t i, struct rd_reading_request *request, struct rd_err *err)
{
	struct stored_mail *mail = rd_arena_alloc(b->arena, sizeof *mail);

	if (mail == NULL)
		return rd_fail(err, RD_E_RANGE, "a batch of messages does not fit in memory");
	mail->db = b->pipeline->db;
	mail->message_id = b->claimed[i].id;
	request->raw = (struct rd_raw_source){
		.next = give_stored_mail, .rewind = rewind_stored_mail, .context = mail
	};
	request->cut = b->claimed[i].cut;
	return RD_OK;
}

/* What the sealed children are asked to read: every claimed message but the exhausted ones. */
static enum rd_rc make_requests(struct batch *b, struct rd_err *err)
{
	b->requests = rd_arena_array(b->arena, b->n_claimed, sizeof *b->requests);
	b->readings = rd_arena_array(b->arena, b->n_claimed, sizeof *b->readings);
	b->leader = rd_arena_array(b->arena, b->n_claimed, sizeof *b->leader);
	if (rd_arena_overflowed(b->arena))
		return rd_fail(err, RD_E_RANGE, "a batch of messages does not fit in memory");
	for (size_t i = 0; i < b->n_claimed; i++) {
		struct rd_reading_request *request = &b->requests[b->n_requests];

		if (b->claimed[i].exhausted || !leads(b, i))
			continue;
		request->channel = b->claimed[i].channel;
		request->landlord = b->claimed[i].landlord;
		request->received_ms = b->claimed[i].received_ms;
		request->from = "";
		if (request->channel == RD_CHANNEL_SMS)
			RD_TRY(request_text(b, i, request, err));
		else
			RD_TRY(request_mail(b, i, request, err));
		b->leader[b->n_requests++] = i;
	}
	return RD_OK;
}

static void close_sources(struct batch *b)
{
	for (size_t i = 0; i < b->n_requests; i++) {
		struct stored_mail *mail = b->requests[i].raw.context;

		if (b->requests[i].channel != RD_CHANNEL_EMAIL)
			continue;
		rd_raw_close(mail->reader);
		mail->reader = NULL;
	}
}

/* NULL: exhausted, nobody read it. */
static const struct rd_reading *reading_of(const struct batch *b, size_t i)
{
	for (size_t k = 0; k < b->n_requests; k++)
		if (b->leader[k] == i)
			return &b->readings[k];
	return NULL;
}

static size_t end_of_group(const struct batch *b, size_t first)
{
	size_t end = first + 1;

	while (end < b->n_claimed && !leads(b, end))
		end++;
	return end;
}

static struct rd_matter matter_of(const struct batch *b, const struct rd_claimed *claimed,
	const struct rd_reading *reading, const struct rd_guarded *guarded)
{
	const struct rd_message *message = reading != NULL ? &reading->message : NULL;
	struct rd_matter matter = {
		.message_id = claimed->id,
		.joined_case = guarded->joined_case,
		.related_case = guarded->related_case,
		.landlord = claimed->landlord,
		.channel = claimed->channel == RD_CHANNEL_EMAIL ? RD_BY_EMAIL : RD_BY_SMS,
		.address = message != NULL ? message->from.address : claimed->from,
		.name = message != NULL ? message->from.name : "",
		.source = claimed->source,
		.subject = message != NULL ? message->subject : "",
		.outcome = "",
		.message = message,
		.score = reading != NULL ? &reading->score : NULL,
		.received_ms = claimed->received_ms,
	};

	matter.letters_by = matter.channel;
	matter.cause = rd_arena_printf(b->arena, "message:%" PRId64, claimed->id);
	return matter;
}

/* The rest of a group of texts shares the fate of its first. */
static enum rd_rc finish_group(struct batch *b, struct rd_tx *tx, size_t first, struct rd_fate fate,
	int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_queue_finish(tx, b->claimed[first].id, &fate, now_ms, err));
	if (fate.kind == RD_FATE_OPENED)
		fate.kind = RD_FATE_JOINED;
	fate.quarantined = false;
	for (size_t i = first + 1; i < end_of_group(b, first); i++) {
		if (fate.kind == RD_FATE_JOINED)
			RD_TRY(rd_case_add_message(
				tx, fate.case_id, b->claimed[i].id, now_ms, err));
		RD_TRY(rd_queue_finish(tx, b->claimed[i].id, &fate, now_ms, err));
	}
	return RD_OK;
}

/* One message, from what the child read to its fate, in the caller's transaction. reading NULL: it
 * ended the parser three times and a person must read it. */
static enum rd_rc decide_one(struct batch *b, struct rd_tx *tx, size_t first,
	const struct rd_reading *reading, struct rd_err *err)
{
	const struct rd_office *office = &b->pipeline->office;
	const struct rd_claimed *claimed = &b->claimed[first];
	const struct rd_message *message = reading != NULL ? &reading->message : NULL;
	const struct rd_score *score = reading != NULL ? &reading->score : NULL;
	const struct rd_policy *policy;
	struct rd_guarded guarded;
	struct rd_verdict verdict;
	struct rd_matter matter;
	struct rd_fate fate = { .detail = "" };

	RD_TRY(rd_office_policy(office, claimed->landlord, &policy, err));
	RD_TRY(rd_guards_look(tx, office, claimed, message, score, b->arena, &guarded, err));
	rd_decide(score, &guarded.facts, &policy->landlord, policy->calendar, &verdict);
	if (reading != NULL)
		RD_TRY(rd_reading_put(
			tx, claimed->id, message, score, reading->ruleset, guarded.now_ms, err));
	matter = matter_of(b, claimed, reading, &guarded);
	RD_TRY(rd_casework_apply(tx, office, &matter, &verdict, b->arena, &fate.case_id, err));

	fate.kind = verdict.fate;
	fate.quarantined = reading == NULL;
	fate.duplicate_of = guarded.duplicate_of;
	if (fate.kind == RD_FATE_GUARDED)
		fate.detail = rd_guard_names[guarded.facts.guard];
	if (fate.kind == RD_FATE_DUPLICATE)
		fate.case_id = guarded.joined_case;
	b->round->n_letters += verdict.letter != RD_LETTER_NONE;
	return finish_group(b, tx, first, fate, guarded.now_ms, err);
}

static enum rd_rc give_back(struct batch *b, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	const int64_t not_before = rd_office_now(&b->pipeline->office) + RETRY_MS;

	for (size_t i = first; i < end_of_group(b, first); i++) {
		RD_TRY(rd_queue_give_back(tx, b->claimed[i].id, not_before, err));
		b->round->n_back++;
	}
	return RD_OK;
}

/* A child died over this message alone: an attempt is gone; after the last a person reads it. */
static enum rd_rc after_death(struct batch *b, struct rd_tx *tx, size_t first,
	const struct rd_reading *reading, struct rd_err *err)
{
	const size_t end = end_of_group(b, first);
	size_t n_exhausted = 0;

	for (size_t i = first; i < end; i++) {
		int attempts = 0;

		RD_TRY(rd_queue_record_death(
			tx, b->claimed[i].id, reading->detail, &attempts, err));
		n_exhausted += attempts >= RD_ATTEMPTS_MAX;
	}
	if (n_exhausted == end - first) {
		RD_TRY(decide_one(b, tx, first, NULL, err));
		b->round->n_done += end - first;
		return RD_OK;
	}
	b->round->n_back += end - first;
	/* Texts of one group may have come with unlike attempts; the exhausted wait for the rest.
	 */
	for (size_t i = first; n_exhausted > 0 && i < end; i++)
		if (b->claimed[i].attempts >= RD_ATTEMPTS_MAX)
			RD_TRY(rd_queue_give_back(tx, b->claimed[i].id, 0, err));
	return RD_OK;
}

static enum rd_rc settle_one(struct batch *b, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	const struct rd_reading *reading = reading_of(b, first);

	if (reading != NULL && reading->end == RD_READ_DIED)
		return after_death(b, tx, first, reading, err);
	if (reading != NULL && reading->end == RD_READ_FAILED)
		return give_back(b, tx, first, err);
	RD_TRY(decide_one(b, tx, first, reading, err));
	b->round->n_done += end_of_group(b, first) - first;
	return RD_OK;
}

/* One message's trouble must not cost the others their commit: it is undone and given back. */
static enum rd_rc settle_apart(struct batch *b, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	char id[24];
	enum rd_rc rc;

	RD_TRY(rd_tx_savepoint(tx, err));
	rc = settle_one(b, tx, first, err);
	if (rc == RD_OK)
		return rd_tx_release(tx, err);
	if (rc == RD_E_AGAIN)
		return rc;
	snprintf(id, sizeof id, "%" PRId64, b->claimed[first].id);
	rd_log(RD_LOG_ERROR, "A message could not be decided; it waits and is tried again.",
		"MESSAGE", id, "WHY", err->msg, NULL);
	RD_TRY(rd_tx_undo(tx, err));
	return give_back(b, tx, first, err);
}

/* Settles messages from *first on until the transaction is full, and commits; *first moves on with
 * the commit alone. */
static enum rd_rc settle_some(struct batch *b, size_t *first, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t begun = rd_monotonic_ms();
	size_t next = *first;

	RD_TRY(rd_tx_begin(b->pipeline->db, &tx, err));
	while (next < b->n_claimed && next - *first < TX_MESSAGES_MAX &&
		rd_monotonic_ms() - begun < TX_MS_MAX) {
		RD_TRY(settle_apart(b, tx, next, err));
		next = end_of_group(b, next);
	}
	rd_fault_point("case-commit-before");
	RD_TRY(rd_tx_commit(&tx, err));
	rd_fault_point("case-commit-after");
	*first = next;
	return RD_OK;
}

static enum rd_rc read_all(struct batch *b, struct rd_err *err)
{
	enum rd_rc rc;

	RD_TRY(make_requests(b, err));
	if (b->n_requests == 0)
		return RD_OK;
	rc = rd_reader_read(b->pipeline->reader, b->requests, b->n_requests, b->pipeline->stop_fd,
		b->arena, b->readings, err);
	close_sources(b);
	return rc;
}

/* Whatever this run has claimed waits again, its attempt given back: one pipeline claims for a run,
 * and it has nothing in hand now. Where that fails too (a full disk), the next round begins with
 * it. */
static enum rd_rc give_all_back(struct rd_pipeline *pipeline, struct rd_err *err)
{
	pipeline->lost = true;
	RD_TRY(rd_queue_give_run_back(
		pipeline->db, pipeline->run, rd_office_now(&pipeline->office) + RETRY_MS, err));
	pipeline->lost = false;
	return RD_OK;
}

static enum rd_rc run_batch(struct batch *b, struct rd_err *err)
{
	struct rd_pipeline *pipeline = b->pipeline;
	const int64_t pause_ms = pipeline->office.config->text_pause_s * (int64_t)1000;
	struct rd_err ignored = { 0 };
	size_t first = 0;
	enum rd_rc rc;

	RD_TRY(rd_queue_claim(pipeline->db, pipeline->run, rd_office_now(&pipeline->office),
		RD_PIPELINE_BATCH, pipeline->ignore_text_pause ? -pause_ms : pause_ms, b->arena,
		&b->claimed, &b->n_claimed, &b->round->next_ms, err));
	rc = read_all(b, err);
	while (rc == RD_OK && first < b->n_claimed)
		rc = settle_some(b, &first, err);
	if (rc != RD_OK && give_all_back(pipeline, &ignored) != RD_OK)
		rd_log(RD_LOG_ERROR, ignored.msg, "THREAD", "pipeline", NULL);
	return rc;
}

enum rd_rc rd_pipeline_round(
	struct rd_pipeline *pipeline, struct rd_pipeline_round *ret_round, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(BATCH_ARENA_BYTES);
	struct rd_pipeline_round round = { 0 };
	struct batch batch = { .pipeline = pipeline, .arena = arena, .round = &round };

	if (pipeline->lost)
		RD_TRY(give_all_back(pipeline, err));
	RD_TRY(run_batch(&batch, err));
	*ret_round = round;
	return RD_OK;
}
