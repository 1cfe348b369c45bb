#include "redress/reader/codec.h"

#include <string.h>
#include "redress/base/limits.h"
#include "redress/message/bounce.h"
#include "redress/message/charset.h"
#include "redress/message/mime.h"
#include "redress/message/quotes.h"
#include "redress/reader/pack.h"
#include "redress/rules/language.h"

#define N_BOOLEANS 20 /* of struct rd_automatic and struct rd_trouble */

/* Decoding refuses longer texts, so they are cut here, between two characters. */
static void pack_cut(struct rd_packer *p, const char *text, size_t max)
{
	size_t len = text ? strlen(text) : 0;

	rd_pack_text(p, text, len > max ? rd_utf8_cut(text, len, max) : len);
}

static void pack_list(
	struct rd_packer *p, const char *const *items, size_t n, size_t max, size_t text_max)
{
	if (n > max) {
		p->full = true;
		return;
	}
	rd_pack_u32(p, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		pack_cut(p, items[i], text_max);
}

static const char *const *unpack_list(
	struct rd_unpacker *u, uint32_t max, uint32_t text_max, size_t *ret_n)
{
	uint32_t n = rd_unpack_count(u, max, 4);
	const char **items = rd_unpack_array(u, n, sizeof *items);

	for (uint32_t i = 0; items != NULL && i < n; i++)
		items[i] = rd_unpack_str(u, text_max);
	*ret_n = n;
	return items;
}

/* The booleans of both structs in one order, for both directions. */
static void list_booleans(
	struct rd_automatic *a, struct rd_trouble *t, bool *out[static N_BOOLEANS])
{
	bool *all[N_BOOLEANS] = { &a->auto_submitted, &a->auto_replied, &a->precedence_bulk,
		&a->list, &a->suppress_asked, &a->null_return_path, &a->no_reply_address,
		&a->machine_generated, &a->delivery_report, &a->read_receipt, &a->from_redress,
		&a->abuse_report, &a->abuse_complains, &t->unparseable, &t->bad_charset,
		&t->text_truncated, &t->cut, &t->too_many_parts, &t->encrypted, &t->no_text };

	memcpy(out, all, sizeof all);
}

static void pack_booleans(struct rd_packer *p, const struct rd_message *m)
{
	struct rd_automatic automatic = m->automatic;
	struct rd_trouble trouble = m->trouble;
	bool *all[N_BOOLEANS];

	list_booleans(&automatic, &trouble, all);
	for (size_t i = 0; i < N_BOOLEANS; i++)
		rd_pack_bool(p, *all[i]);
}

static void unpack_booleans(struct rd_unpacker *u, struct rd_message *m)
{
	bool *all[N_BOOLEANS];

	list_booleans(&m->automatic, &m->trouble, all);
	for (size_t i = 0; i < N_BOOLEANS; i++)
		*all[i] = rd_unpack_bool(u);
}

static void pack_forwarded(struct rd_packer *p, const struct rd_message *m)
{
	size_t n = m->n_forwarded < RD_FORWARDED_MAX ? m->n_forwarded : RD_FORWARDED_MAX;

	rd_pack_u32(p, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		pack_cut(p, m->forwarded[i].name, RD_ANSWER_NAME_MAX);
		pack_cut(p, m->forwarded[i].address, RD_ADDRESS_BYTES_MAX);
	}
}

static void unpack_forwarded(struct rd_unpacker *u, struct rd_message *m)
{
	uint32_t n = rd_unpack_count(u, RD_FORWARDED_MAX, 8);
	struct rd_address *forwarded = rd_unpack_array(u, n, sizeof *forwarded);

	for (uint32_t i = 0; forwarded != NULL && i < n; i++) {
		forwarded[i].name = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		forwarded[i].address = rd_unpack_str(u, RD_ADDRESS_BYTES_MAX);
	}
	m->forwarded = forwarded;
	m->n_forwarded = n;
}

static void pack_form(struct rd_packer *p, const struct rd_message *m)
{
	rd_pack_bool(p, m->by_form);
	if (!m->by_form)
		return;
	pack_cut(p, m->form.sender, RD_ADDRESS_BYTES_MAX);
	pack_cut(p, m->form.phone, RD_ANSWER_NAME_MAX);
	pack_cut(p, m->form.address, RD_ANSWER_NAME_MAX);
}

static void unpack_form(struct rd_unpacker *u, struct rd_message *m)
{
	m->by_form = rd_unpack_bool(u);
	if (!m->by_form)
		return;
	m->form.sender = rd_unpack_str(u, RD_ADDRESS_BYTES_MAX);
	m->form.phone = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
	m->form.address = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
}

static void pack_bounce(struct rd_packer *p, const struct rd_bounce *bounce)
{
	rd_pack_u8(p, (uint8_t)bounce->kind);
	pack_list(p, bounce->recipients, bounce->n_recipients, RD_BOUNCE_RECIPIENTS_MAX,
		RD_ADDRESS_BYTES_MAX);
	pack_cut(p, bounce->code, RD_BOUNCE_CODE_MAX);
	pack_cut(p, bounce->why, RD_BOUNCE_WHY_MAX);
	pack_cut(p, bounce->subject, RD_SUBJECT_BYTES_MAX);
}

static void unpack_bounce(struct rd_unpacker *u, struct rd_bounce *bounce)
{
	uint8_t kind = rd_unpack_u8(u);

	if (kind >= RD_N_BOUNCES)
		u->bad = true;
	bounce->kind = (enum rd_bounce_kind)kind;
	bounce->recipients = unpack_list(
		u, RD_BOUNCE_RECIPIENTS_MAX, RD_ADDRESS_BYTES_MAX, &bounce->n_recipients);
	bounce->code = rd_unpack_str(u, RD_BOUNCE_CODE_MAX);
	bounce->why = rd_unpack_str(u, RD_BOUNCE_WHY_MAX);
	bounce->subject = rd_unpack_str(u, RD_SUBJECT_BYTES_MAX);
}

static void pack_message(struct rd_packer *p, const struct rd_message *m)
{
	rd_pack_u8(p, (uint8_t)m->channel);
	rd_pack_text(p, m->subject, m->subject_len);
	rd_pack_text(p, m->body, m->body_len);
	rd_pack_u32(p, (uint32_t)m->n_spans);
	for (size_t i = 0; i < m->n_spans; i++) {
		rd_pack_u8(p, (uint8_t)m->spans[i].kind);
		rd_pack_u32(p, m->spans[i].to);
	}
	rd_pack_bool(p, m->nothing_new);
	pack_cut(p, m->from.name, RD_ANSWER_NAME_MAX);
	pack_cut(p, m->from.address, RD_ADDRESS_BYTES_MAX);
	pack_cut(p, m->return_path, RD_ADDRESS_BYTES_MAX);
	pack_cut(p, m->message_id, RD_MESSAGE_ID_BYTES_MAX);
	pack_cut(p, m->date_header, RD_ANSWER_NAME_MAX);
	pack_list(p, m->to, m->n_to, RD_ANSWER_LIST_MAX, RD_ANSWER_NAME_MAX);
	pack_list(p, m->references, m->n_references, RD_REFERENCES_MAX, RD_ANSWER_NAME_MAX);
	pack_list(p, m->report_ids, m->n_report_ids, RD_REPORT_IDS_MAX, RD_ANSWER_NAME_MAX);
	pack_bounce(p, &m->bounce);
	pack_booleans(p, m);
	pack_cut(p, m->automatic.own_loop, RD_ANSWER_NAME_MAX);
	rd_pack_u8(p, (uint8_t)m->authentication);
	pack_form(p, m);
	pack_forwarded(p, m);
	rd_pack_bytes(p, m->content_key, sizeof m->content_key);
	rd_pack_bytes(p, m->header_key, sizeof m->header_key);
	rd_pack_u32(p, (uint32_t)m->n_parts);
	for (size_t i = 0; i < m->n_parts; i++) {
		pack_cut(p, m->parts[i].name, RD_ANSWER_NAME_MAX);
		pack_cut(p, m->parts[i].type, RD_ANSWER_NAME_MAX);
		rd_pack_u64(p, m->parts[i].size_bytes);
		rd_pack_bytes(p, m->parts[i].sha256, RD_SHA256_BYTES);
	}
}

static bool is_character_start(const char *text, uint32_t at, uint32_t len)
{
	return at >= len || ((unsigned char)text[at] & 0xc0) != 0x80;
}

static void unpack_spans(struct rd_unpacker *u, struct rd_message *m)
{
	uint32_t n = rd_unpack_count(u, m->body_len, 5);
	struct rd_span *spans = rd_unpack_array(u, n, sizeof *spans);
	uint32_t from = 0;

	for (uint32_t i = 0; spans != NULL && i < n; i++) {
		uint8_t kind = rd_unpack_u8(u);
		uint32_t to = rd_unpack_u32(u);
		if (kind > RD_SPAN_LAST || to <= from || to > m->body_len ||
			!is_character_start(m->body, to, m->body_len))
			u->bad = true;
		spans[i] = (struct rd_span){ (enum rd_span_kind)kind, from, to };
		from = to;
	}
	if (from != m->body_len)
		u->bad = true;
	m->spans = spans;
	m->n_spans = n;
}

static void unpack_parts(struct rd_unpacker *u, struct rd_message *m)
{
	uint32_t n = rd_unpack_count(u, RD_PARTS_MAX, 4 + 4 + 8 + RD_SHA256_BYTES);
	struct rd_part *parts = rd_unpack_array(u, n, sizeof *parts);

	for (uint32_t i = 0; parts != NULL && i < n; i++) {
		parts[i].name = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		parts[i].type = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		parts[i].size_bytes = rd_unpack_u64(u);
		if (parts[i].size_bytes > RD_MAIL_BYTES_MAX)
			u->bad = true; /* decoding never makes a part longer than the mail */
		rd_unpack_bytes(u, parts[i].sha256, RD_SHA256_BYTES);
	}
	m->parts = parts;
	m->n_parts = n;
}

static void unpack_message(struct rd_unpacker *u, struct rd_message *m)
{
	uint8_t channel = rd_unpack_u8(u);

	if (channel > RD_CHANNEL_SMS)
		u->bad = true;
	m->channel = channel == RD_CHANNEL_SMS ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL;
	m->subject = rd_unpack_text(u, RD_SUBJECT_BYTES_MAX, &m->subject_len);
	m->body = rd_unpack_text(u, RD_TEXT_BYTES_MAX, &m->body_len);
	unpack_spans(u, m);
	m->nothing_new = rd_unpack_bool(u);
	m->from.name = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
	m->from.address = rd_unpack_str(u, RD_ADDRESS_BYTES_MAX);
	m->return_path = rd_unpack_str(u, RD_ADDRESS_BYTES_MAX);
	m->message_id = rd_unpack_str(u, RD_MESSAGE_ID_BYTES_MAX);
	m->date_header = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
	m->to = unpack_list(u, RD_ANSWER_LIST_MAX, RD_ANSWER_NAME_MAX, &m->n_to);
	m->references = unpack_list(u, RD_REFERENCES_MAX, RD_ANSWER_NAME_MAX, &m->n_references);
	m->report_ids = unpack_list(u, RD_REPORT_IDS_MAX, RD_ANSWER_NAME_MAX, &m->n_report_ids);
	unpack_bounce(u, &m->bounce);
	unpack_booleans(u, m);
	m->automatic.own_loop = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
	uint8_t authentication = rd_unpack_u8(u);
	if (authentication > RD_AUTHENTICATION_FAILED)
		u->bad = true;
	m->authentication = (enum rd_authentication)authentication;
	unpack_form(u, m);
	unpack_forwarded(u, m);
	rd_unpack_bytes(u, m->content_key, sizeof m->content_key);
	rd_unpack_bytes(u, m->header_key, sizeof m->header_key);
	unpack_parts(u, m);
}

static void pack_hits(struct rd_packer *p, const struct rd_hit *hits, size_t n)
{
	if (n > RD_HITS_MAX) {
		p->full = true;
		return;
	}
	rd_pack_u32(p, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		const struct rd_hit *hit = &hits[i];
		pack_cut(p, hit->rule, RD_ANSWER_NAME_MAX);
		pack_cut(p, hit->means, RD_ANSWER_TEXT_MAX);
		pack_cut(p, hit->topic, RD_ANSWER_TEXT_MAX);
		pack_cut(p, hit->place, RD_ANSWER_NAME_MAX);
		pack_cut(p, hit->layer, RD_ANSWER_NAME_MAX);
		rd_pack_double(p, hit->points);
		rd_pack_u8(p, (uint8_t)hit->where);
		rd_pack_u32(p, hit->from);
		rd_pack_u32(p, hit->to);
		pack_cut(p, hit->by, RD_ANSWER_TEXT_MAX);
		pack_cut(p, hit->by_place, RD_ANSWER_NAME_MAX);
		pack_cut(p, hit->words, RD_ANSWER_TEXT_MAX);
	}
}

static void unpack_range(struct rd_unpacker *u, const struct rd_message *m, struct rd_hit *hit)
{
	const char *text = hit->where == RD_WHERE_SUBJECT ? m->subject : m->body;
	uint32_t len = hit->where == RD_WHERE_SUBJECT ? m->subject_len : m->body_len;

	hit->from = rd_unpack_u32(u);
	hit->to = rd_unpack_u32(u);
	if (hit->from > hit->to || hit->to > len) {
		u->bad = true;
		return;
	}
	while (hit->from > 0 && !is_character_start(text, hit->from, len))
		hit->from--;
	while (!is_character_start(text, hit->to, len))
		hit->to++;
}

static const struct rd_hit *unpack_hits(
	struct rd_unpacker *u, const struct rd_message *m, size_t *ret_n)
{
	uint32_t n = rd_unpack_count(u, RD_HITS_MAX, 8 * 4 + 8 + 1 + 8);
	struct rd_hit *hits = rd_unpack_array(u, n, sizeof *hits);

	for (uint32_t i = 0; hits != NULL && i < n; i++) {
		struct rd_hit *hit = &hits[i];
		hit->rule = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		hit->means = rd_unpack_str(u, RD_ANSWER_TEXT_MAX);
		hit->topic = rd_unpack_str(u, RD_ANSWER_TEXT_MAX);
		hit->place = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		hit->layer = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		hit->points = rd_unpack_double(u);
		uint8_t where = rd_unpack_u8(u);
		if (where > RD_WHERE_BODY)
			u->bad = true;
		hit->where = where == RD_WHERE_BODY ? RD_WHERE_BODY : RD_WHERE_SUBJECT;
		unpack_range(u, m, hit);
		hit->by = rd_unpack_str(u, RD_ANSWER_TEXT_MAX);
		hit->by_place = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		hit->words = rd_unpack_str(u, RD_ANSWER_TEXT_MAX);
	}
	*ret_n = n;
	return hits;
}

static bool is_rule_id(const char *id)
{
	return id[0] >= 'a' && id[0] <= 'z' &&
	       id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* Ids of rules, none twice: each is counted for its rule. */
static const char *const *unpack_rules(struct rd_unpacker *u, size_t *ret_n)
{
	const char *const *ids = unpack_list(u, RD_SCORE_RULES_MAX, RD_RULE_ID_MAX, ret_n);

	for (size_t i = 0; ids != NULL && i < *ret_n; i++) {
		u->bad = u->bad || !is_rule_id(ids[i]);
		for (size_t k = 0; k < i; k++)
			u->bad = u->bad || strcmp(ids[k], ids[i]) == 0;
	}
	return ids;
}

static void pack_score(struct rd_packer *p, const struct rd_score *s)
{
	rd_pack_u8(p, (uint8_t)s->kind);
	rd_pack_bool(p, s->review);
	rd_pack_double(p, s->total);
	for (size_t i = 0; i < RD_N_KINDS; i++)
		rd_pack_double(p, s->totals[i]);
	for (size_t i = 0; i < RD_N_FLAGS; i++)
		rd_pack_bool(p, s->flags[i]);
	pack_hits(p, s->hits, s->n_hits);
	pack_hits(p, s->suppressed, s->n_suppressed);
	pack_list(p, s->topics, s->n_topics, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX);
	pack_list(p, s->marks, s->n_marks, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX);
	pack_list(
		p, s->review_reasons, s->n_review_reasons, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX);
	pack_list(p, s->failed_rules, s->n_failed_rules, RD_SCORE_RULES_MAX, RD_RULE_ID_MAX);
	pack_list(p, s->off_rules, s->n_off_rules, RD_SCORE_RULES_MAX, RD_RULE_ID_MAX);
	rd_pack_double(p, s->request_below);
	rd_pack_double(p, s->complaint_from);
	pack_cut(p, s->nearest_change, RD_ANSWER_TEXT_MAX);
}

static void unpack_score(struct rd_unpacker *u, const struct rd_message *m, struct rd_score *s)
{
	uint8_t kind = rd_unpack_u8(u);

	if (kind >= RD_N_KINDS)
		u->bad = true;
	s->kind = (enum rd_kind)kind;
	s->review = rd_unpack_bool(u);
	s->total = rd_unpack_double(u);
	for (size_t i = 0; i < RD_N_KINDS; i++)
		s->totals[i] = rd_unpack_double(u);
	for (size_t i = 0; i < RD_N_FLAGS; i++)
		s->flags[i] = rd_unpack_bool(u);
	s->hits = unpack_hits(u, m, &s->n_hits);
	s->suppressed = unpack_hits(u, m, &s->n_suppressed);
	s->topics = unpack_list(u, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX, &s->n_topics);
	s->marks = unpack_list(u, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX, &s->n_marks);
	s->review_reasons =
		unpack_list(u, RD_ANSWER_LIST_MAX, RD_ANSWER_TEXT_MAX, &s->n_review_reasons);
	s->failed_rules = unpack_rules(u, &s->n_failed_rules);
	s->off_rules = unpack_rules(u, &s->n_off_rules);
	s->request_below = rd_unpack_double(u);
	s->complaint_from = rd_unpack_double(u);
	s->nearest_change = rd_unpack_str(u, RD_ANSWER_TEXT_MAX);
}

enum rd_rc rd_reading_encode(const struct rd_message *message, const struct rd_score *score,
	struct rd_buf *out, struct rd_err *err)
{
	struct rd_packer packer = { out, false };

	pack_message(&packer, message);
	pack_score(&packer, score);
	if (packer.full)
		return rd_fail(err, RD_E_RANGE, "this reading is too large to be handed on");
	return RD_OK;
}

static enum rd_rc unpack_end(const struct rd_unpacker *u, struct rd_err *err)
{
	if (rd_arena_overflowed(u->arena))
		return rd_fail(err, RD_E_RANGE, "no room left for what the parse child said");
	if (u->bad || u->at != u->end)
		return rd_fail(err, RD_E_INPUT, "a parse child said what cannot be");
	return RD_OK;
}

enum rd_rc rd_reading_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_score *ret_score, struct rd_err *err)
{
	const uint8_t *at = bytes;
	struct rd_unpacker unpacker = { at, at + len, arena, false };
	struct rd_message message = { 0 };
	struct rd_score score = { 0 };

	unpack_message(&unpacker, &message);
	unpack_score(&unpacker, &message, &score);
	RD_TRY(unpack_end(&unpacker, err));
	*ret_message = message;
	*ret_score = score;
	return RD_OK;
}

enum rd_rc rd_message_encode(
	const struct rd_message *message, struct rd_buf *out, struct rd_err *err)
{
	struct rd_packer packer = { out, false };

	pack_message(&packer, message);
	if (packer.full)
		return rd_fail(err, RD_E_RANGE, "this message is too large to be handed on");
	return RD_OK;
}

enum rd_rc rd_message_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	const uint8_t *at = bytes;
	struct rd_unpacker unpacker = { at, at + len, arena, false };
	struct rd_message message = { 0 };

	unpack_message(&unpacker, &message);
	RD_TRY(unpack_end(&unpacker, err));
	*ret_message = message;
	return RD_OK;
}

void rd_origin_pack(struct rd_packer *p, const struct rd_origin *origin)
{
	static const struct rd_origin unsaid;
	const struct rd_origin *o = origin != NULL ? origin : &unsaid;

	rd_pack_u8(p, (uint8_t)o->trust);
	pack_list(p, o->trusted, o->n_trusted, RD_TRUSTED_MAX, RD_ANSWER_NAME_MAX);
	pack_list(p, o->form_senders, o->n_form_senders, RD_FORM_SENDERS_MAX, RD_ADDRESS_BYTES_MAX);
	rd_pack_u32(p, (uint32_t)o->n_form_labels);
	for (size_t i = 0; i < o->n_form_labels; i++) {
		rd_pack_u8(p, (uint8_t)o->form_labels[i].field);
		pack_cut(p, o->form_labels[i].label, RD_FORM_LABEL_MAX);
	}
}

void rd_origin_unpack(struct rd_unpacker *u, struct rd_origin *ret)
{
	struct rd_form_label *labels;
	const uint8_t trust = rd_unpack_u8(u);
	uint32_t n;

	if (trust >= RD_N_RESULTS_OF)
		u->bad = true;
	ret->trust = trust < RD_N_RESULTS_OF ? (enum rd_results_of)trust : RD_TRUST_NOBODY;
	ret->trusted = unpack_list(u, RD_TRUSTED_MAX, RD_ANSWER_NAME_MAX, &ret->n_trusted);
	ret->form_senders =
		unpack_list(u, RD_FORM_SENDERS_MAX, RD_ADDRESS_BYTES_MAX, &ret->n_form_senders);
	n = rd_unpack_count(u, RD_FORM_LABELS_MAX, 5);
	labels = rd_unpack_array(u, n, sizeof *labels);
	for (uint32_t i = 0; labels != NULL && i < n; i++) {
		const uint8_t field = rd_unpack_u8(u);

		if (field >= RD_N_FORM_PARTS)
			u->bad = true;
		labels[i].field =
			field < RD_N_FORM_PARTS ? (enum rd_form_part)field : RD_PART_OTHER;
		labels[i].label = rd_unpack_str(u, RD_FORM_LABEL_MAX);
	}
	ret->form_labels = labels;
	ret->n_form_labels = labels != NULL ? n : 0;
}

static void pack_off(struct rd_packer *p, const struct rd_off_rules *off)
{
	const size_t n = off == NULL ? 0 : off->n < RD_OFF_RULES_MAX ? off->n : RD_OFF_RULES_MAX;

	rd_pack_u32(p, (uint32_t)n);
	for (size_t i = 0; i < n; i++) {
		rd_pack_str(p, off->items[i].landlord);
		rd_pack_str(p, off->items[i].rule);
	}
}

static void unpack_off(struct rd_unpacker *u, struct rd_off_rules *off)
{
	const uint32_t n = rd_unpack_count(u, RD_OFF_RULES_MAX, 8);
	struct rd_off_rule *items = rd_unpack_array(u, n, sizeof *items);

	for (uint32_t i = 0; items != NULL && i < n; i++) {
		items[i].landlord = rd_unpack_str(u, RD_ANSWER_NAME_MAX);
		items[i].rule = rd_unpack_str(u, RD_RULE_ID_MAX);
	}
	off->items = items;
	off->n = n;
}

enum rd_rc rd_setup_encode(const struct rd_rulefiles *files, const char *const *landlords,
	size_t n_landlords, const struct rd_off_rules *off, struct rd_buf *out, struct rd_err *err)
{
	struct rd_packer packer = { out, false };

	rd_pack_u32(&packer, (uint32_t)files->n_items);
	for (size_t i = 0; i < files->n_items; i++) {
		rd_pack_str(&packer, files->items[i].name);
		rd_pack_text(&packer, files->items[i].bytes, files->items[i].len);
	}
	pack_list(&packer, landlords, n_landlords, RD_ANSWER_LIST_MAX, RD_ANSWER_NAME_MAX);
	pack_off(&packer, off);
	if (packer.full || files->n_items > RD_RULEFILES_MAX)
		return rd_fail(
			err, RD_E_RANGE, "the rule folder is larger than 500 files or 16 MiB");
	return RD_OK;
}

enum rd_rc rd_setup_decode(const void *bytes, size_t len, struct rd_arena *arena,
	struct rd_child_setup *ret_setup, struct rd_err *err)
{
	const uint8_t *at = bytes;
	struct rd_unpacker u = { at, at + len, arena, false };
	struct rd_child_setup setup = { 0 };

	uint32_t n = rd_unpack_count(&u, RD_RULEFILES_MAX, 8);
	struct rd_rulefile *items = rd_unpack_array(&u, n, sizeof *items);
	for (uint32_t i = 0; items != NULL && i < n; i++) {
		items[i].name = rd_unpack_str(&u, RD_ANSWER_NAME_MAX);
		items[i].bytes = rd_unpack_raw(&u, RD_RULEFILES_BYTES_MAX, &items[i].len);
	}
	setup.landlords =
		unpack_list(&u, RD_ANSWER_LIST_MAX, RD_ANSWER_NAME_MAX, &setup.n_landlords);
	unpack_off(&u, &setup.off);
	RD_TRY(unpack_end(&u, err));
	RD_TRY(rd_rulefiles_take(items, n, &setup.files, err));
	*ret_setup = setup;
	return RD_OK;
}
