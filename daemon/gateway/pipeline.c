#include "redress/gateway/pipeline.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/fault.h"
#include "redress/base/limits.h"
#include "redress/base/log.h"
#include "redress/gateway/batch.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/failing.h"
#include "redress/gateway/flood.h"
#include "redress/gateway/guards.h"
#include "redress/gateway/returns.h"
#include "redress/gateway/settling.h"
#include "redress/store/erasure.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/text_media.h"

#define TX_MESSAGES_MAX 100
#define TX_MS_MAX	50
#define RETRY_MS	5000

/* One batch being decided. */
struct settling {
	struct rd_pipeline *pipeline;
	struct rd_batch *batch;
	struct rd_pipeline_round *round;
};

static struct rd_matter matter_of(const struct settling *s, const struct rd_claimed *claimed,
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

	if (guarded->passed.by_staff) {
		matter.address = guarded->passed.address;
		matter.name = guarded->passed.name;
		matter.proposed = true;
		matter.resident_task = rd_staff_task_words(
			&guarded->passed, guarded->joined_case != 0, s->batch->arena);
	}
	if (matter.name[0] == '\0')
		matter.name = guarded->name;
	matter.letters_by = matter.channel;
	if (guarded->way[0] != '\0') {
		matter.address = guarded->way;
		matter.letters_by = RD_BY_EMAIL;
	}
	matter.cause =
		guarded->facts.flood
			? rd_flood_matter_cause(s->pipeline->db, claimed, message, s->batch->arena)
			: rd_arena_printf(s->batch->arena, "message:%" PRId64, claimed->id);
	return matter;
}

/* The rest of a group of texts shares the fate of its first. */
static enum rd_rc finish_group(struct settling *s, struct rd_tx *tx, size_t first,
	struct rd_fate fate, int64_t now_ms, struct rd_err *err)
{
	RD_TRY(rd_queue_finish(tx, s->batch->claimed[first].id, &fate, now_ms, err));
	if (fate.kind == RD_FATE_OPENED)
		fate.kind = RD_FATE_JOINED;
	fate.quarantined = false;
	for (size_t i = first + 1; i < rd_batch_group_end(s->batch, first); i++) {
		if (fate.kind == RD_FATE_JOINED)
			RD_TRY(rd_case_add_message(
				tx, fate.case_id, s->batch->claimed[i].id, now_ms, err));
		RD_TRY(rd_queue_finish(tx, s->batch->claimed[i].id, &fate, now_ms, err));
	}
	return RD_OK;
}

/* What was erased and came once more leaves nothing but its row. */
static enum rd_rc erase_again(
	struct rd_tx *tx, int64_t message_id, int64_t now_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_erasure_end) struct rd_erasure erasure = RD_ERASURE(tx, now_ms);

	RD_TRY(rd_erase_message(&erasure, message_id, RD_ERASED_RESTORED, err));
	return rd_erasure_keep(&erasure, err);
}

/* Of texts that are decided together any one may have brought them. */
static enum rd_rc look_for_pictures(const struct settling *s, struct rd_tx *tx, size_t first,
	struct rd_facts *facts, struct rd_err *err)
{
	const size_t end = rd_batch_group_end(s->batch, first);

	if (s->batch->claimed[first].channel != RD_CHANNEL_SMS)
		return RD_OK;
	for (size_t i = first; i < end && !facts->pictures; i++)
		RD_TRY(rd_text_media_any(
			rd_tx_db(tx), s->batch->claimed[i].id, &facts->pictures, err));
	return RD_OK;
}

/* Where letters go another way than the text came, later texts of the number still belong. */
static enum rd_rc keep_number(struct rd_tx *tx, const struct rd_matter *matter,
	const struct rd_verdict *verdict, const struct rd_claimed *claimed, int64_t case_id,
	struct rd_err *err)
{
	const struct rd_case_contact contact = {
		.channel = RD_BY_SMS, .address = claimed->from, .name = matter->name
	};

	if (verdict->fate != RD_FATE_OPENED || matter->letters_by == matter->channel ||
		claimed->channel != RD_CHANNEL_SMS)
		return RD_OK;
	return rd_case_add_contact(tx, case_id, &contact, err);
}

/* One message, from what the child read to its fate, in the caller's transaction. reading NULL: it
 * ended the parser three times and a person must read it. */
static enum rd_rc decide_one(struct settling *s, struct rd_tx *tx, size_t first,
	const struct rd_reading *reading, struct rd_err *err)
{
	const struct rd_office *office = &s->pipeline->office;
	const struct rd_claimed *claimed = &s->batch->claimed[first];
	const struct rd_message *message = reading != NULL ? &reading->message : NULL;
	const struct rd_score *score = reading != NULL ? &reading->score : NULL;
	const struct rd_policy *policy;
	struct rd_guarded guarded;
	struct rd_verdict verdict;
	struct rd_matter matter;
	struct rd_fate fate = { .detail = "" };

	RD_TRY(rd_office_policy(office, claimed->landlord, &policy, err));
	RD_TRY(rd_guards_look(tx, office, claimed, message, score, s->batch->arena, &guarded, err));
	RD_TRY(look_for_pictures(s, tx, first, &guarded.facts, err));
	rd_decide(score, &guarded.facts, &policy->landlord, policy->calendar, &verdict);
	if (reading != NULL)
		RD_TRY(rd_reading_put(
			tx, claimed->id, message, score, reading->ruleset, guarded.now_ms, err));
	matter = matter_of(s, claimed, reading, &guarded);
	RD_TRY(rd_casework_apply(
		tx, office, &matter, &verdict, s->batch->arena, &fate.case_id, err));

	RD_TRY(keep_number(tx, &matter, &verdict, claimed, fate.case_id, err));
	if (message != NULL) {
		RD_TRY(rd_returns_apply(
			tx, office, claimed->id, message, &guarded, s->batch->arena, err));
		RD_TRY(rd_flood_apply(
			tx, office, claimed, message, &guarded, &verdict, fate.case_id, err));
	}
	RD_TRY(rd_settling_take_sample(tx, office, &matter, &verdict, fate.case_id, err));
	if (reading != NULL && verdict.fate != RD_FATE_DUPLICATE)
		RD_TRY(rd_failing_count(tx, office, claimed->landlord, claimed->id, reading, err));

	fate.kind = verdict.fate;
	fate.quarantined = reading == NULL;
	fate.duplicate_of = guarded.duplicate_of;
	if (fate.kind == RD_FATE_GUARDED)
		fate.detail = rd_guard_names[guarded.facts.guard];
	if (fate.kind == RD_FATE_DUPLICATE)
		fate.case_id = guarded.joined_case;
	s->round->n_letters += verdict.letter != RD_LETTER_NONE;
	RD_TRY(finish_group(s, tx, first, fate, guarded.now_ms, err));
	return guarded.facts.guard == RD_GUARD_ERASED
		       ? erase_again(tx, claimed->id, guarded.now_ms, err)
		       : RD_OK;
}

static enum rd_rc give_back(struct settling *s, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	const int64_t not_before = rd_office_now(&s->pipeline->office) + RETRY_MS;

	for (size_t i = first; i < rd_batch_group_end(s->batch, first); i++) {
		RD_TRY(rd_queue_give_back(tx, s->batch->claimed[i].id, not_before, err));
		s->round->n_back++;
	}
	return RD_OK;
}

/* A child died over this message alone: an attempt is gone; after the last a person reads it. */
static enum rd_rc after_death(struct settling *s, struct rd_tx *tx, size_t first,
	const struct rd_reading *reading, struct rd_err *err)
{
	const size_t end = rd_batch_group_end(s->batch, first);
	size_t n_exhausted = 0;

	for (size_t i = first; i < end; i++) {
		int attempts = 0;

		RD_TRY(rd_queue_record_death(
			tx, s->batch->claimed[i].id, reading->detail, &attempts, err));
		n_exhausted += attempts >= RD_ATTEMPTS_MAX;
	}
	if (n_exhausted == end - first) {
		RD_TRY(decide_one(s, tx, first, NULL, err));
		s->round->n_done += end - first;
		return RD_OK;
	}
	s->round->n_back += end - first;
	/* Texts of one group may have come with unlike attempts; the exhausted wait for the rest.
	 */
	for (size_t i = first; n_exhausted > 0 && i < end; i++)
		if (s->batch->claimed[i].attempts >= RD_ATTEMPTS_MAX)
			RD_TRY(rd_queue_give_back(tx, s->batch->claimed[i].id, 0, err));
	return RD_OK;
}

static enum rd_rc settle_one(struct settling *s, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	const struct rd_reading *reading = rd_batch_reading(s->batch, first);

	if (reading != NULL && reading->end == RD_READ_DIED)
		return after_death(s, tx, first, reading, err);
	if (reading != NULL && reading->end == RD_READ_FAILED)
		return give_back(s, tx, first, err);
	RD_TRY(decide_one(s, tx, first, reading, err));
	s->round->n_done += rd_batch_group_end(s->batch, first) - first;
	return RD_OK;
}

/* One message's trouble must not cost the others their commit: it is undone and given back. */
static enum rd_rc settle_apart(
	struct settling *s, struct rd_tx *tx, size_t first, struct rd_err *err)
{
	char id[24];
	enum rd_rc rc;

	RD_TRY(rd_tx_savepoint(tx, err));
	rc = settle_one(s, tx, first, err);
	if (rc == RD_OK)
		return rd_tx_release(tx, err);
	if (rc == RD_E_AGAIN)
		return rc;
	snprintf(id, sizeof id, "%" PRId64, s->batch->claimed[first].id);
	rd_log(RD_LOG_ERROR, "A message could not be decided; it waits and is tried again.",
		"MESSAGE", id, "WHY", err->msg, NULL);
	RD_TRY(rd_tx_undo(tx, err));
	return give_back(s, tx, first, err);
}

/* Settles messages from *first on until the transaction is full, and commits; *first moves on with
 * the commit alone. */
static enum rd_rc settle_some(struct settling *s, size_t *first, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const int64_t begun = rd_monotonic_ms();
	size_t next = *first;

	RD_TRY(rd_tx_begin(s->pipeline->db, &tx, err));
	while (next < s->batch->n_claimed && next - *first < TX_MESSAGES_MAX &&
		rd_monotonic_ms() - begun < TX_MS_MAX) {
		RD_TRY(settle_apart(s, tx, next, err));
		next = rd_batch_group_end(s->batch, next);
	}
	rd_fault_point("case-commit-before");
	RD_TRY(rd_tx_commit(&tx, err));
	rd_fault_point("case-commit-after");
	*first = next;
	return RD_OK;
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

/* --- the batch after this one --- */

/* Claimed before the batch before it is decided, read in a thread of its own meanwhile. */
struct rd_pipeline_ahead {
	struct rd_db *db;
	struct rd_batch *batch; /* NULL: nothing is under way */
	pthread_t thread;
	enum rd_rc rc;
	struct rd_err err;
};

static struct rd_batch *new_batch(const struct rd_pipeline *pipeline, struct rd_db *db)
{
	const int64_t pause_ms = pipeline->office.config->text_pause_s * (int64_t)1000;
	const struct rd_batch_order order = {
		.db = db,
		.reader = pipeline->reader,
		.config = pipeline->office.config,
		.run = pipeline->run,
		.now_ms = rd_office_now(&pipeline->office),
		.text_pause_ms = pipeline->ignore_text_pause ? -pause_ms : pause_ms,
		.max = RD_PIPELINE_BATCH,
		.stop_fd = pipeline->stop_fd,
	};

	return rd_batch_new(&order);
}

static void *read_ahead(void *context)
{
	struct rd_pipeline_ahead *ahead = context;

	ahead->rc = rd_batch_read(ahead->batch, &ahead->err);
	return NULL;
}

static void forget_ahead(struct rd_pipeline_ahead *ahead)
{
	rd_batch_free(ahead->batch);
	ahead->batch = NULL;
}

/* Where it cannot be (no memory for a thread), the next round does it itself. */
static void begin_ahead(struct rd_pipeline *pipeline)
{
	struct rd_pipeline_ahead *ahead = pipeline->ahead;
	struct rd_err ignored = { 0 };

	if (!pipeline->read_ahead)
		return;
	if (ahead == NULL) {
		ahead = calloc(1, sizeof *ahead);
		RD_ASSERT(ahead != NULL);
		pipeline->ahead = ahead;
	}
	if (ahead->db == NULL &&
		rd_db_open(rd_db_store(pipeline->db), &ahead->db, &ignored) != RD_OK)
		return;
	ahead->batch = new_batch(pipeline, ahead->db);
	if (rd_batch_claim(ahead->batch, pipeline->db, &ignored) != RD_OK ||
		pthread_create(&ahead->thread, NULL, read_ahead, ahead) != 0) {
		pipeline->lost = true; /* what may be claimed goes back before the next round */
		forget_ahead(ahead);
	}
}

/* Waits for it. NULL: there is none. What failed has claimed all the same: see give_all_back. */
static enum rd_rc take_begun(
	struct rd_pipeline *pipeline, struct rd_batch **ret_batch, struct rd_err *err)
{
	struct rd_pipeline_ahead *ahead = pipeline->ahead;

	if (ahead == NULL || ahead->batch == NULL)
		return RD_OK;
	RD_ASSERT(pthread_join(ahead->thread, NULL) == 0);
	if (ahead->rc == RD_OK)
		*ret_batch = RD_STEAL(ahead->batch);
	else
		*err = ahead->err;
	forget_ahead(ahead);
	return ahead->rc;
}

static bool has_begun(const struct rd_pipeline *pipeline)
{
	return pipeline->ahead != NULL && pipeline->ahead->batch != NULL;
}

/* Read by other rules than those that decide now. */
static bool is_outdated(const struct rd_pipeline *pipeline, const struct rd_batch *batch)
{
	const char *live = rd_live_sha256(pipeline->office.live);

	for (size_t i = 0; i < batch->n_requests; i++)
		if (batch->readings[i].end == RD_READ &&
			strcmp(batch->readings[i].ruleset, live) != 0)
			return true;
	return false;
}

void rd_pipeline_close(struct rd_pipeline *pipeline)
{
	RD_CLEANUP(rd_batch_cleanup) struct rd_batch *batch = NULL;
	struct rd_err ignored = { 0 };

	if (pipeline->ahead == NULL)
		return;
	if (take_begun(pipeline, &batch, &ignored) != RD_OK)
		rd_log(RD_LOG_WARNING, ignored.msg, "THREAD", "pipeline", NULL);
	rd_db_close(pipeline->ahead->db);
	free(pipeline->ahead);
	pipeline->ahead = NULL;
}

/* --- the round --- */

static enum rd_rc have_batch(
	struct rd_pipeline *pipeline, struct rd_batch **ret_batch, struct rd_err *err)
{
	RD_TRY(take_begun(pipeline, ret_batch, err));
	if (*ret_batch != NULL && is_outdated(pipeline, *ret_batch)) {
		rd_batch_cleanup(ret_batch);
		*ret_batch = NULL;
		RD_TRY(rd_queue_give_run_back(pipeline->db, pipeline->run, 0, err));
	}
	if (*ret_batch != NULL)
		return RD_OK;
	*ret_batch = new_batch(pipeline, pipeline->db);
	RD_TRY(rd_batch_claim(*ret_batch, pipeline->db, err));
	return rd_batch_read(*ret_batch, err);
}

static enum rd_rc run_batch(
	struct rd_pipeline *pipeline, struct rd_pipeline_round *round, struct rd_err *err)
{
	RD_CLEANUP(rd_batch_cleanup) struct rd_batch *batch = NULL;
	struct settling settling = { .pipeline = pipeline, .round = round };
	size_t first = 0;

	RD_TRY(have_batch(pipeline, &batch, err));
	settling.batch = batch;
	round->next_ms = batch->next_ms;
	if (batch->n_claimed > 0)
		begin_ahead(pipeline);
	while (first < batch->n_claimed)
		RD_TRY(settle_some(&settling, &first, err));
	if (has_begun(pipeline))
		round->next_ms = rd_office_now(&pipeline->office);
	return RD_OK;
}

enum rd_rc rd_pipeline_round(
	struct rd_pipeline *pipeline, struct rd_pipeline_round *ret_round, struct rd_err *err)
{
	RD_CLEANUP(rd_batch_cleanup) struct rd_batch *begun = NULL;
	struct rd_pipeline_round round = { 0 };
	struct rd_err ignored = { 0 };
	enum rd_rc rc;

	if (pipeline->lost)
		RD_TRY(give_all_back(pipeline, err));
	rc = run_batch(pipeline, &round, err);
	if (rc == RD_OK) {
		*ret_round = round;
		return RD_OK;
	}
	/* Whether it was read or not: it goes back with the rest. */
	if (take_begun(pipeline, &begun, &ignored) != RD_OK)
		rd_log(RD_LOG_WARNING, ignored.msg, "THREAD", "pipeline", NULL);
	if (give_all_back(pipeline, &ignored) != RD_OK)
		rd_log(RD_LOG_ERROR, ignored.msg, "THREAD", "pipeline", NULL);
	return rc;
}
