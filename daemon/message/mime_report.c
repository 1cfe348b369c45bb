#include "redress/message/mime_report.h"

#include <string.h>
#include <strings.h>
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/bounce.h"
#include "redress/message/mime.h"
#include "redress/message/mime_parts.h"

#define PART_BYTES_MAX RD_BOUNCE_TEXT_MAX /* looked at in one part of a report */

struct piece {
	struct rd_buf buf;
	bool full;
};

static void piece_sink(void *context, const char *data, size_t len)
{
	struct piece *piece = context;
	struct rd_err ignored = { 0 };
	const size_t room = piece->buf.max - piece->buf.len;

	if (piece->full || len == 0)
		return;
	piece->full = len > room;
	if (rd_buf_add(&piece->buf, data, len > room ? room : len, &ignored) != RD_OK)
		piece->full = true;
}

struct rd_mime_report *rd_mime_report_new(struct rd_arena *arena)
{
	struct rd_mime_report *report = rd_arena_alloc(arena, sizeof *report);

	if (!report)
		return NULL;
	report->ids = rd_arena_array(arena, RD_REPORT_IDS_MAX, sizeof *report->ids);
	report->subject = "";
	return report->ids ? report : NULL;
}

void rd_mime_report_type(struct rd_mime_report *report, const char *type)
{
	if (strcasecmp(type, "delivery-status") == 0)
		report->delivery_report = true;
	else if (strcasecmp(type, "disposition-notification") == 0)
		report->read_receipt = true;
	else if (strcasecmp(type, "feedback-report") == 0)
		report->abuse_report = true;
}

void rd_named_ids(const char *text, size_t len, const char *header, struct rd_arena *arena,
	const char **ids, size_t *n, size_t max)
{
	size_t n_header = strlen(header);

	for (size_t at = 0; at < len && *n < max;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t n_line = end ? (size_t)(end - line) : len - at;
		const char *from, *to;

		at += n_line + (end ? 1 : 0);
		while (n_line > 0 && (*line == ' ' || *line == '\t' || *line == '>')) {
			line++;
			n_line--;
		}
		if (n_line <= n_header || strncasecmp(line, header, n_header) != 0 ||
			line[n_header] != ':')
			continue;
		/* the id may stand on the folded line behind */
		from = memchr(line, '<',
			len - (size_t)(line - text) < n_line + RD_MESSAGE_ID_BYTES_MAX
				? len - (size_t)(line - text)
				: n_line + RD_MESSAGE_ID_BYTES_MAX);
		to = from ? memchr(from, '>', len - (size_t)(from - text)) : NULL;
		if (!from || !to || to - from < 2 || to - from > RD_MESSAGE_ID_BYTES_MAX ||
			memchr(from, '\n', (size_t)(to - from)))
			continue;
		{
			char *raw = rd_arena_copy(arena, from + 1, (size_t)(to - from) - 1);
			const char *id =
				raw ? rd_mime_clean(raw, RD_MESSAGE_ID_BYTES_MAX, arena) : "";
			bool seen = id[0] == '\0';

			for (size_t i = 0; i < *n; i++)
				seen = seen || strcmp(ids[i], id) == 0;
			if (!seen)
				ids[(*n)++] = id;
		}
	}
}

/* The value of the first header of that name, unfolded. */
static const char *named_header(
	const char *text, size_t len, const char *name, struct rd_arena *arena)
{
	const size_t n_name = strlen(name);

	for (size_t at = 0; at < len;) {
		const char *line = text + at;
		const char *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) : len - at;
		char *raw, *decoded;
		const char *value;

		at += n + (end ? 1 : 0);
		if (n <= n_name || strncasecmp(line, name, n_name) != 0 || line[n_name] != ':')
			continue;
		while (at < len && (text[at] == ' ' || text[at] == '\t')) {
			end = memchr(text + at, '\n', len - at);
			at = end ? (size_t)(end - text) + 1 : len;
		}
		n = (size_t)(text + at - line);
		raw = rd_arena_copy(arena, line + n_name + 1, n - n_name - 1);
		if (!raw)
			return "";
		decoded = g_mime_utils_header_decode_text(NULL, raw);
		value = rd_mime_clean(decoded, RD_SUBJECT_BYTES_MAX, arena);
		g_free(decoded);
		return value;
	}
	return "";
}

static void add_id(struct rd_mime_report *report, const char *id, struct rd_arena *arena)
{
	if (!id || report->n_ids == RD_REPORT_IDS_MAX)
		return;
	id = rd_mime_clean(id, RD_MESSAGE_ID_BYTES_MAX, arena);
	if (id[0] != '\0')
		report->ids[report->n_ids++] = id;
}

/* Without blanks and <> around it. */
static const char *bare(const char *id, struct rd_arena *arena)
{
	const char *from = id + strspn(id, " \t<");

	return rd_arena_copy(arena, from, strcspn(from, " \t>"));
}

static bool is_fields(GMimeObject *object, struct rd_mime_report *report)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);

	if (!type)
		return false;
	if (g_mime_content_type_is_type(type, "message", "delivery-status") ||
		g_mime_content_type_is_type(type, "message", "global-delivery-status"))
		report->delivery_report = true;
	else if (g_mime_content_type_is_type(type, "message", "disposition-notification") ||
		 g_mime_content_type_is_type(type, "message", "global-disposition-notification"))
		report->read_receipt = true;
	else if (g_mime_content_type_is_type(type, "message", "feedback-report"))
		report->abuse_report = true;
	else
		return false;
	return true;
}

void rd_mime_report_part(struct rd_mime_report *report, GMimeObject *object, struct rd_arena *arena)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf owned = RD_BUF(1);
	struct piece piece = { .buf = RD_BUF(PART_BYTES_MAX) };
	const char *text;

	if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (!message)
			return;
		add_id(report, g_mime_message_get_message_id(message), arena);
		if (report->subject[0] == '\0')
			report->subject = rd_mime_clean(
				g_mime_message_get_subject(message), RD_SUBJECT_BYTES_MAX, arena);
		return;
	}
	if (!GMIME_IS_PART(object))
		return;
	rd_mime_decode(GMIME_PART(object), piece_sink, &piece);
	owned = piece.buf;
	text = rd_buf_str(&owned);
	rd_named_ids(text, owned.len, "Message-ID", arena, report->ids, &report->n_ids,
		RD_REPORT_IDS_MAX);
	rd_named_ids(text, owned.len, "Original-Message-ID", arena, report->ids, &report->n_ids,
		RD_REPORT_IDS_MAX);
	if (is_fields(object, report)) {
		add_id(report,
			bare(named_header(text, owned.len, "Original-Envelope-Id", arena), arena),
			arena);
		if (!report->fields) {
			report->fields = rd_arena_copy(arena, text, owned.len);
			report->fields_len = report->fields ? owned.len : 0;
		}
	} else if (report->subject[0] == '\0') {
		report->subject = named_header(text, owned.len, "Subject", arena);
	}
}

/* Bounces in prose quote the returned mail in their text. */
static enum rd_rc take_ids(const struct rd_mime_report *report, struct rd_message *message,
	size_t own_len, struct rd_arena *arena, struct rd_err *err)
{
	const char **ids = rd_arena_array(arena, RD_REPORT_IDS_MAX, sizeof *ids);
	size_t n = report->n_ids;

	if (!ids)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	memcpy(ids, report->ids, n * sizeof *ids);
	if (message->automatic.delivery_report)
		rd_named_ids(message->body,
			own_len < RD_BOUNCE_TEXT_MAX ? own_len : RD_BOUNCE_TEXT_MAX, "Message-ID",
			arena, ids, &n, RD_REPORT_IDS_MAX);
	message->report_ids = ids;
	message->n_report_ids = n;
	return RD_OK;
}

/* A report in prose from nobody: some gateways take the null return path off. */
static bool is_prose_report(const struct rd_message *message, size_t own_len)
{
	const char *from = message->from.address;

	return message->return_path[0] == '\0' && own_len > 0 &&
	       (strncasecmp(from, "mailer-daemon", 13) == 0 ||
		       strncasecmp(from, "postmaster@", 11) == 0) &&
	       rd_bounce_prose(message->body, own_len);
}

enum rd_rc rd_mime_report_finish(const struct rd_mime_report *report, struct rd_message *message,
	size_t own_len, const char *failed, struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_bounce_source source = {
		.status = report->fields,
		.status_len = report->fields_len,
		.text = message->body,
		.text_len = own_len,
		.failed = failed,
		.returned = report->subject,
	};
	bool complains = false;

	message->automatic.read_receipt = report->read_receipt;
	message->automatic.abuse_report = report->abuse_report;
	if (report->read_receipt || report->abuse_report)
		message->automatic.delivery_report = false; /* however its sender looks */
	else
		message->automatic.delivery_report |=
			report->delivery_report || is_prose_report(message, own_len);
	RD_TRY(take_ids(report, message, own_len, arena, err));
	if (report->abuse_report) {
		RD_TRY(rd_abuse_read(report->fields ? report->fields : "", report->fields_len,
			report->subject, arena, &message->bounce, &complains, err));
		message->automatic.abuse_complains = complains;
		return RD_OK;
	}
	if (!message->automatic.delivery_report)
		return RD_OK;
	return rd_bounce_read(&source, arena, &message->bounce, err);
}
