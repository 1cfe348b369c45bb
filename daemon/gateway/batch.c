#include "redress/gateway/batch.h"

#include <stdlib.h>
#include <string.h>

#include "redress/message/sms.h"
#include "redress/store/intake.h"

#define BATCH_ARENA_BYTES (256u << 20)

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

static bool leads(const struct rd_batch *b, size_t i)
{
	return b->claimed[i].group == 0 || i == 0 ||
	       b->claimed[i - 1].group != b->claimed[i].group || stands_alone(&b->claimed[i]) ||
	       stands_alone(&b->claimed[i - 1]);
}

/* Texts that are decided together are read as one, joined by line ends. */
static enum rd_rc request_text(
	struct rd_batch *b, size_t first, struct rd_reading_request *request, struct rd_err *err)
{
	struct rd_raw_memory *joined = rd_arena_alloc(b->arena, sizeof *joined);
	size_t len = 0, end = first;
	char *text;

	do {
		len += b->claimed[end].text_len + 1;
		request->cut = request->cut || b->claimed[end].cut;
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
	struct rd_batch *b, size_t i, struct rd_reading_request *request, struct rd_err *err)
{
	struct stored_mail *mail = rd_arena_alloc(b->arena, sizeof *mail);

	if (mail == NULL)
		return rd_fail(err, RD_E_RANGE, "a batch of messages does not fit in memory");
	mail->db = b->order.db;
	mail->message_id = b->claimed[i].id;
	request->raw = (struct rd_raw_source){
		.next = give_stored_mail, .rewind = rewind_stored_mail, .context = mail
	};
	request->cut = b->claimed[i].cut;
	request->origin = rd_config_origin_of(b->order.config, b->claimed[i].source);
	return RD_OK;
}

/* What the sealed children are asked to read: every claimed message but the exhausted ones. */
static enum rd_rc make_requests(struct rd_batch *b, struct rd_err *err)
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

static void close_sources(struct rd_batch *b)
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
const struct rd_reading *rd_batch_reading(const struct rd_batch *b, size_t i)
{
	for (size_t k = 0; k < b->n_requests; k++)
		if (b->leader[k] == i)
			return &b->readings[k];
	return NULL;
}

size_t rd_batch_group_end(const struct rd_batch *b, size_t first)
{
	size_t end = first + 1;

	while (end < b->n_claimed && !leads(b, end))
		end++;
	return end;
}

enum rd_rc rd_batch_read(struct rd_batch *b, struct rd_err *err)
{
	enum rd_rc rc;

	RD_TRY(make_requests(b, err));
	if (b->n_requests == 0)
		return RD_OK;
	rc = rd_reader_read(b->order.reader, b->requests, b->n_requests, b->order.stop_fd, b->arena,
		b->readings, err);
	close_sources(b);
	return rc;
}

struct rd_batch *rd_batch_new(const struct rd_batch_order *order)
{
	struct rd_batch *b = calloc(1, sizeof *b);

	RD_ASSERT(b != NULL);
	b->order = *order;
	b->arena = rd_arena_new(BATCH_ARENA_BYTES);
	return b;
}

enum rd_rc rd_batch_claim(struct rd_batch *b, struct rd_db *db, struct rd_err *err)
{
	const struct rd_batch_order *order = &b->order;

	return rd_queue_claim(db, order->run, order->now_ms, order->max, order->text_pause_ms,
		b->arena, &b->claimed, &b->n_claimed, &b->next_ms, err);
}

void rd_batch_free(struct rd_batch *b)
{
	if (b == NULL)
		return;
	rd_arena_free(b->arena);
	free(b);
}

void rd_batch_cleanup(struct rd_batch **b)
{
	rd_batch_free(*b);
}
