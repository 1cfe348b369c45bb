#include "redress/store/reading_json.h"

#include <jansson.h>
#include <string.h>

/* Text that is not UTF-8 cannot come from the reader; should it, the value is left empty rather
 * than the message lost. */
static json_t *text(const char *value)
{
	json_t *json = json_string(value ? value : "");

	return json ? json : json_string("");
}

static void put(json_t *object, const char *name, json_t *value)
{
	RD_ASSERT(value && json_object_set_new_nocheck(object, name, value) == 0);
}

static void append(json_t *array, json_t *value)
{
	RD_ASSERT(value && json_array_append_new(array, value) == 0);
}

static json_t *texts(const char *const *items, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++)
		append(array, text(items[i]));
	return array;
}

static enum rd_rc dump(json_t *root, char **ret_json, struct rd_err *err)
{
	/* 17 digits bring every double back as it was. */
	char *json = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));

	json_decref(root);
	if (!json)
		return rd_fail(err, RD_E_BUG, "a reading cannot be written as JSON");
	*ret_json = json;
	return RD_OK;
}

static void release(json_t **json)
{
	json_decref(*json);
}

static enum rd_rc load(const char *source, json_t **ret_root, struct rd_err *err)
{
	json_t *root = json_loads(source, 0, NULL);

	if (!json_is_object(root)) {
		json_decref(root);
		return rd_fail(err, RD_E_STORE, "the store holds a reading that cannot be read");
	}
	*ret_root = root;
	return RD_OK;
}

static const char *get_text(const json_t *object, const char *name, struct rd_arena *arena)
{
	const json_t *value = json_object_get(object, name);

	if (!json_is_string(value) || json_string_length(value) == 0)
		return "";
	return rd_arena_copy(arena, json_string_value(value), json_string_length(value));
}

static bool get_bool(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

static double get_number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static uint32_t get_offset(const json_t *object, const char *name)
{
	json_int_t value = json_integer_value(json_object_get(object, name));

	return value < 0 || value > UINT32_MAX ? 0 : (uint32_t)value;
}

static const char *const *get_texts(
	const json_t *object, const char *name, struct rd_arena *arena, size_t *ret_n)
{
	const json_t *array = json_object_get(object, name);
	size_t n = json_array_size(array);
	const char **items = n ? rd_arena_array(arena, n, sizeof *items) : NULL;

	*ret_n = 0;
	for (size_t i = 0; items && i < n; i++) {
		const char *value = json_string_value(json_array_get(array, i));
		items[i] = rd_arena_strdup(arena, value ? value : "");
		*ret_n = i + 1;
	}
	return items;
}

static enum rd_rc full(const struct rd_arena *arena, struct rd_err *err)
{
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "a reading needs more memory than it was given");
	return RD_OK;
}

/* --- the score --- */

/* It outlives erasure, so what suppressed a hit is kept by its place alone: `by` quotes the
 * message.
 */
static json_t *hits_json(const struct rd_hit *hits, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *hit = json_object();
		put(hit, "rule", text(hits[i].rule));
		put(hit, "means", text(hits[i].means));
		put(hit, "topic", text(hits[i].topic));
		put(hit, "place", text(hits[i].place));
		put(hit, "layer", text(hits[i].layer));
		put(hit, "by_place", text(hits[i].by_place));
		put(hit, "points", json_real(hits[i].points));
		put(hit, "body", json_boolean(hits[i].where == RD_WHERE_BODY));
		put(hit, "from", json_integer(hits[i].from));
		put(hit, "to", json_integer(hits[i].to));
		append(array, hit);
	}
	return array;
}

static const struct rd_hit *get_hits(
	const json_t *object, const char *name, struct rd_arena *arena, size_t *ret_n)
{
	const json_t *array = json_object_get(object, name);
	size_t n = json_array_size(array);
	struct rd_hit *hits = n ? rd_arena_array(arena, n, sizeof *hits) : NULL;

	*ret_n = hits ? n : 0;
	for (size_t i = 0; hits && i < n; i++) {
		const json_t *hit = json_array_get(array, i);
		hits[i] = (struct rd_hit){
			.rule = get_text(hit, "rule", arena),
			.means = get_text(hit, "means", arena),
			.topic = get_text(hit, "topic", arena),
			.place = get_text(hit, "place", arena),
			.layer = get_text(hit, "layer", arena),
			.by = "",
			.words = "",
			.by_place = get_text(hit, "by_place", arena),
			.points = get_number(hit, "points"),
			.where = get_bool(hit, "body") ? RD_WHERE_BODY : RD_WHERE_SUBJECT,
			.from = get_offset(hit, "from"),
			.to = get_offset(hit, "to"),
		};
	}
	return hits;
}

enum rd_rc rd_score_to_json(const struct rd_score *score, char **ret_json, struct rd_err *err)
{
	json_t *root = json_object(), *totals = json_object(), *flags = json_array();

	put(root, "kind", text(rd_kind_names[score->kind]));
	put(root, "review", json_boolean(score->review));
	put(root, "total", json_real(score->total));
	for (int i = 0; i < RD_N_KINDS; i++)
		put(totals, rd_kind_names[i], json_real(score->totals[i]));
	put(root, "totals", totals);
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (score->flags[i])
			append(flags, text(rd_flag_names[i]));
	put(root, "flags", flags);
	put(root, "hits", hits_json(score->hits, score->n_hits));
	put(root, "suppressed", hits_json(score->suppressed, score->n_suppressed));
	put(root, "topics", texts(score->topics, score->n_topics));
	put(root, "marks", texts(score->marks, score->n_marks));
	put(root, "reasons", texts(score->review_reasons, score->n_review_reasons));
	put(root, "failed_rules", texts(score->failed_rules, score->n_failed_rules));
	put(root, "off_rules", texts(score->off_rules, score->n_off_rules));
	put(root, "request_below", json_real(score->request_below));
	put(root, "complaint_from", json_real(score->complaint_from));
	put(root, "nearest_change", text(score->nearest_change));
	return dump(root, ret_json, err);
}

enum rd_rc rd_score_from_json(
	const char *source, struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err)
{
	RD_CLEANUP(release) json_t *root = NULL;
	struct rd_score score = { 0 };
	enum rd_flag flag;

	RD_TRY(load(source, &root, err));
	if (!rd_kind_parse(get_text(root, "kind", arena), &score.kind))
		return rd_fail(err, RD_E_STORE, "the store holds a kind that is none");
	score.review = get_bool(root, "review");
	score.total = get_number(root, "total");
	for (int i = 0; i < RD_N_KINDS; i++)
		score.totals[i] = get_number(json_object_get(root, "totals"), rd_kind_names[i]);
	const json_t *flags = json_object_get(root, "flags");
	for (size_t i = 0; i < json_array_size(flags); i++) {
		const char *name = json_string_value(json_array_get(flags, i));
		if (name && rd_flag_parse(name, &flag))
			score.flags[flag] = true;
	}
	score.hits = get_hits(root, "hits", arena, &score.n_hits);
	score.suppressed = get_hits(root, "suppressed", arena, &score.n_suppressed);
	score.topics = get_texts(root, "topics", arena, &score.n_topics);
	score.marks = get_texts(root, "marks", arena, &score.n_marks);
	score.review_reasons = get_texts(root, "reasons", arena, &score.n_review_reasons);
	score.failed_rules = get_texts(root, "failed_rules", arena, &score.n_failed_rules);
	score.off_rules = get_texts(root, "off_rules", arena, &score.n_off_rules);
	score.request_below = get_number(root, "request_below");
	score.complaint_from = get_number(root, "complaint_from");
	score.nearest_change = get_text(root, "nearest_change", arena);
	RD_TRY(full(arena, err));
	*ret_score = score;
	return RD_OK;
}

/* --- the message --- */

#define AUTOMATIC_FIELDS(X)                                                                        \
	X(auto_submitted)                                                                          \
	X(auto_replied)                                                                            \
	X(precedence_bulk)                                                                         \
	X(list)                                                                                    \
	X(suppress_asked)                                                                          \
	X(null_return_path)                                                                        \
	X(no_reply_address)                                                                        \
	X(machine_generated)                                                                       \
	X(delivery_report)                                                                         \
	X(read_receipt)                                                                            \
	X(abuse_report)                                                                            \
	X(abuse_complains)                                                                         \
	X(from_redress)

#define TROUBLE_FIELDS(X)                                                                          \
	X(unparseable)                                                                             \
	X(bad_charset)                                                                             \
	X(text_truncated)                                                                          \
	X(cut)                                                                                     \
	X(too_many_parts)                                                                          \
	X(encrypted)                                                                               \
	X(no_text)

static const char hex_digits[] = "0123456789abcdef";

static json_t *parts_json(const struct rd_message *message)
{
	json_t *array = json_array();

	for (size_t i = 0; i < message->n_parts; i++) {
		const struct rd_part *part = &message->parts[i];
		json_t *object = json_object();
		char hex[RD_SHA256_BYTES * 2 + 1] = { 0 };

		for (size_t j = 0; j < RD_SHA256_BYTES; j++) {
			hex[j * 2] = hex_digits[part->sha256[j] >> 4];
			hex[j * 2 + 1] = hex_digits[part->sha256[j] & 15];
		}
		put(object, "name", text(part->name));
		put(object, "type", text(part->type));
		put(object, "size", json_integer((json_int_t)part->size_bytes));
		put(object, "sha256", text(hex));
		append(array, object);
	}
	return array;
}

static const struct rd_part *get_parts(const json_t *root, struct rd_arena *arena, size_t *ret_n)
{
	const json_t *array = json_object_get(root, "parts");
	size_t n = json_array_size(array);
	struct rd_part *parts = n ? rd_arena_array(arena, n, sizeof *parts) : NULL;

	*ret_n = parts ? n : 0;
	for (size_t i = 0; parts && i < n; i++) {
		const json_t *object = json_array_get(array, i);
		const char *hex = json_string_value(json_object_get(object, "sha256"));

		parts[i].name = get_text(object, "name", arena);
		parts[i].type = get_text(object, "type", arena);
		parts[i].size_bytes = (uint64_t)json_integer_value(json_object_get(object, "size"));
		for (size_t j = 0; hex && strlen(hex) == RD_SHA256_BYTES * 2 && j < RD_SHA256_BYTES;
			j++) {
			const char *high = strchr(hex_digits, hex[j * 2]);
			const char *low = strchr(hex_digits, hex[j * 2 + 1]);
			if (high && low)
				parts[i].sha256[j] =
					(uint8_t)((high - hex_digits) << 4 | (low - hex_digits));
		}
	}
	return parts;
}

static json_t *forwarded_json(const struct rd_message *message)
{
	json_t *array = json_array();

	for (size_t i = 0; i < message->n_forwarded; i++) {
		json_t *object = json_object();

		put(object, "name", text(message->forwarded[i].name));
		put(object, "address", text(message->forwarded[i].address));
		append(array, object);
	}
	return array;
}

static const struct rd_address *get_forwarded(
	const json_t *root, struct rd_arena *arena, size_t *ret_n)
{
	const json_t *array = json_object_get(root, "forwarded");
	size_t n = json_array_size(array);
	struct rd_address *forwarded = n ? rd_arena_array(arena, n, sizeof *forwarded) : NULL;

	*ret_n = forwarded ? n : 0;
	for (size_t i = 0; forwarded && i < n; i++) {
		forwarded[i].name = get_text(json_array_get(array, i), "name", arena);
		forwarded[i].address = get_text(json_array_get(array, i), "address", arena);
	}
	return forwarded;
}

/* None for what is no report, as nearly all are. */
static void put_bounce(json_t *root, const struct rd_bounce *bounce)
{
	json_t *object;

	if (bounce->kind == RD_BOUNCE_NONE && bounce->n_recipients == 0)
		return;
	object = json_object();
	put(object, "kind", json_integer(bounce->kind));
	put(object, "recipients", texts(bounce->recipients, bounce->n_recipients));
	put(object, "code", text(bounce->code));
	put(object, "why", text(bounce->why));
	put(object, "subject", text(bounce->subject));
	put(root, "bounce", object);
}

static void get_bounce(const json_t *root, struct rd_arena *arena, struct rd_bounce *bounce)
{
	const json_t *object = json_object_get(root, "bounce");
	json_int_t kind = json_integer_value(json_object_get(object, "kind"));

	if (kind > RD_BOUNCE_NONE && kind < RD_N_BOUNCES)
		bounce->kind = (enum rd_bounce_kind)kind;
	bounce->recipients = get_texts(object, "recipients", arena, &bounce->n_recipients);
	bounce->code = get_text(object, "code", arena);
	bounce->why = get_text(object, "why", arena);
	bounce->subject = get_text(object, "subject", arena);
}

enum rd_rc rd_message_to_json(const struct rd_message *message, char **ret_json, struct rd_err *err)
{
	json_t *root = json_object(), *spans = json_array();

	put(root, "from_name", text(message->from.name));
	put(root, "from", text(message->from.address));
	put(root, "return_path", text(message->return_path));
	put(root, "message_id", text(message->message_id));
	put(root, "date", text(message->date_header));
	put(root, "to", texts(message->to, message->n_to));
	put(root, "references", texts(message->references, message->n_references));
	put(root, "report_ids", texts(message->report_ids, message->n_report_ids));
	for (size_t i = 0; i < message->n_spans; i++) {
		append(spans, json_integer((json_int_t)message->spans[i].kind));
		append(spans, json_integer(message->spans[i].from));
		append(spans, json_integer(message->spans[i].to));
	}
	put(root, "spans", spans);
	put(root, "nothing_new", json_boolean(message->nothing_new));
	put(root, "forwarded", forwarded_json(message));
	put(root, "authentication", json_integer(message->authentication));
	if (message->by_form) {
		put(root, "form_sender", text(message->form.sender));
		put(root, "form_phone", text(message->form.phone));
		put(root, "form_address", text(message->form.address));
	}
	put(root, "own_loop", text(message->automatic.own_loop));
#define PUT_AUTOMATIC(field) put(root, #field, json_boolean(message->automatic.field));
	AUTOMATIC_FIELDS(PUT_AUTOMATIC)
#define PUT_TROUBLE(field) put(root, #field, json_boolean(message->trouble.field));
	TROUBLE_FIELDS(PUT_TROUBLE)
	put(root, "parts", parts_json(message));
	put_bounce(root, &message->bounce);
	return dump(root, ret_json, err);
}

static const struct rd_span *get_spans(const json_t *root, struct rd_arena *arena, size_t *ret_n)
{
	const json_t *array = json_object_get(root, "spans");
	size_t n = json_array_size(array) / 3;
	struct rd_span *spans = n ? rd_arena_array(arena, n, sizeof *spans) : NULL;

	*ret_n = spans ? n : 0;
	for (size_t i = 0; spans && i < n; i++) {
		json_int_t kind = json_integer_value(json_array_get(array, i * 3));
		json_int_t from = json_integer_value(json_array_get(array, i * 3 + 1));
		json_int_t to = json_integer_value(json_array_get(array, i * 3 + 2));

		if (kind >= RD_SPAN_NEW && kind <= RD_SPAN_LAST)
			spans[i].kind = (enum rd_span_kind)kind;
		spans[i].from = (uint32_t)from;
		spans[i].to = (uint32_t)to;
	}
	return spans;
}

enum rd_rc rd_message_from_json(
	const char *source, struct rd_arena *arena, struct rd_message *message, struct rd_err *err)
{
	RD_CLEANUP(release) json_t *root = NULL;
	json_int_t authentication;

	RD_TRY(load(source, &root, err));
	message->from.name = get_text(root, "from_name", arena);
	message->from.address = get_text(root, "from", arena);
	message->return_path = get_text(root, "return_path", arena);
	message->message_id = get_text(root, "message_id", arena);
	message->date_header = get_text(root, "date", arena);
	message->to = get_texts(root, "to", arena, &message->n_to);
	message->references = get_texts(root, "references", arena, &message->n_references);
	message->report_ids = get_texts(root, "report_ids", arena, &message->n_report_ids);
	message->spans = get_spans(root, arena, &message->n_spans);
	message->nothing_new = get_bool(root, "nothing_new");
	message->forwarded = get_forwarded(root, arena, &message->n_forwarded);
	authentication = json_integer_value(json_object_get(root, "authentication"));
	if (authentication >= 0 && authentication <= RD_AUTHENTICATION_FAILED)
		message->authentication = (enum rd_authentication)authentication;
	message->by_form = json_object_get(root, "form_sender") != NULL;
	if (message->by_form) {
		message->form.sender = get_text(root, "form_sender", arena);
		message->form.phone = get_text(root, "form_phone", arena);
		message->form.address = get_text(root, "form_address", arena);
	}
	message->automatic.own_loop = get_text(root, "own_loop", arena);
#define GET_AUTOMATIC(field) message->automatic.field = get_bool(root, #field);
	AUTOMATIC_FIELDS(GET_AUTOMATIC)
#define GET_TROUBLE(field) message->trouble.field = get_bool(root, #field);
	TROUBLE_FIELDS(GET_TROUBLE)
	message->parts = get_parts(root, arena, &message->n_parts);
	get_bounce(root, arena, &message->bounce);
	return full(arena, err);
}
