#include "redress/message/mime_parts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/flowed.h"
#include "redress/message/html.h"
#include "redress/message/mime.h"
#include "redress/message/quotes.h"

#define READ_BYTES     8192
#define DECODED_BYTES  (READ_BYTES + 256)
#define JUNK_BYTES_MAX 400 /* of a text part that only says "look at the HTML" */
#define TYPE_BYTES_MAX 127 /* RFC 6838 section 4.2: 127 a half; longer is not kept */
#define NO_GROUP       (-1)
#define NOT_ATTACHED   (-1)
#define ATTACHED_MAX   RD_FORWARDED_MAX /* attached mails that are read; the others are listed */

/* One level of the walk: a multipart and where we are in it. */
struct level {
	GMimeMultipart *multipart; /* borrowed from the tree */
	int next, n;
	int group, branch; /* of the outermost multipart/alternative around it */
	int attached;	   /* the attached mail that it is in; NOT_ATTACHED: none */
	bool alternative, report;
};

/* A part whose text may be read. */
struct leaf {
	GMimePart *part; /* borrowed from the tree */
	bool html;
	int group, branch, attached;
};

struct walk {
	struct rd_arena *arena;
	struct level levels[RD_PART_DEPTH_MAX];
	size_t depth;
	struct leaf leaves[RD_PARTS_MAX];
	size_t n_leaves;
	GMimeMessage *attached[ATTACHED_MAX]; /* borrowed from the tree */
	int n_attached;
	struct rd_part *parts;
	size_t n_parts, n_seen;
	int n_groups;
	struct rd_mime_report *report;
	size_t source_left; /* of RD_PART_SOURCE_MAX */
	struct rd_mime_body *body;
	bool failed; /* the arena is full */
};

void rd_mime_decode(GMimePart *part, rd_mime_sink *to, void *context)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	GMimeEncoding state;
	char in[READ_BYTES], out[DECODED_BYTES];
	ssize_t n;

	if (!stream)
		return;
	g_mime_encoding_init_decode(&state, g_mime_data_wrapper_get_encoding(content));
	RD_ASSERT(g_mime_encoding_outlen(&state, sizeof in) <= sizeof out);
	(void)g_mime_stream_reset(stream);
	while ((n = g_mime_stream_read(stream, in, sizeof in)) > 0)
		to(context, out, g_mime_encoding_step(&state, in, (size_t)n, out));
	to(context, out, g_mime_encoding_flush(&state, in, 0, out));
}

struct digest {
	gnutls_hash_hd_t hash;
	uint64_t size_bytes;
};

static void digest_sink(void *context, const char *data, size_t len)
{
	struct digest *digest = context;

	digest->size_bytes += len;
	if (len > 0)
		RD_ASSERT(gnutls_hash(digest->hash, data, len) == 0);
}

struct source {
	struct rd_buf buf;
	bool truncated;
};

static void source_sink(void *context, const char *data, size_t len)
{
	struct source *source = context;
	struct rd_err ignored = { 0 };
	size_t room = source->buf.max - source->buf.len;

	if (source->truncated || len == 0)
		return;
	if (len > room) {
		len = room;
		source->truncated = true;
	}
	if (len > 0 && rd_buf_add(&source->buf, data, len, &ignored) != RD_OK)
		source->truncated = true;
}

const char *rd_mime_clean(const char *data, size_t max, struct rd_arena *arena)
{
	struct rd_decoded decoded = { .text = "" };
	struct rd_err ignored = { 0 };
	char *text;

	if (!data || rd_charset_decode(data, strlen(data), NULL, max, arena, &decoded, &ignored) !=
			     RD_OK)
		return "";
	text = decoded.len > 0 ? rd_arena_copy(arena, decoded.text, decoded.len) : NULL;
	if (!text)
		return "";
	for (size_t i = 0; i < decoded.len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			text[i] = ' ';
	return text;
}

static bool is_type(GMimeObject *object, const char *type, const char *subtype)
{
	GMimeContentType *content_type = g_mime_object_get_content_type(object);

	return content_type && g_mime_content_type_is_type(content_type, type, subtype);
}

static const char *parameter(GMimeObject *object, const char *name)
{
	const char *value = g_mime_object_get_content_type_parameter(object, name);

	return value ? value : "";
}

static void list_part(struct walk *w, GMimeObject *object)
{
	struct rd_part *part = &w->parts[w->n_parts];
	GMimeContentType *content_type = g_mime_object_get_content_type(object);
	struct digest digest = { 0 };
	char type[2 * TYPE_BYTES_MAX + 2] = "application/octet-stream";
	const char *name = NULL;

	RD_ASSERT(w->n_parts < RD_PARTS_MAX);
	if (content_type) {
		const char *media = g_mime_content_type_get_media_type(content_type);
		const char *subtype = g_mime_content_type_get_media_subtype(content_type);

		if (media && subtype && strlen(media) <= TYPE_BYTES_MAX &&
			strlen(subtype) <= TYPE_BYTES_MAX) {
			size_t n = 0;

			for (const char *p = media; *p != '\0'; p++)
				type[n++] = (char)tolower((unsigned char)*p);
			type[n++] = '/';
			for (const char *p = subtype; *p != '\0'; p++)
				type[n++] = (char)tolower((unsigned char)*p);
			type[n] = '\0';
		}
	}
	RD_ASSERT(gnutls_hash_init(&digest.hash, GNUTLS_DIG_SHA256) == 0);
	if (GMIME_IS_PART(object)) {
		name = g_mime_part_get_filename(GMIME_PART(object));
		rd_mime_decode(GMIME_PART(object), digest_sink, &digest);
	} else if (GMIME_IS_MESSAGE_PART(object)) {
		/* an attached mail: named by its file name, else by its subject */
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		name = g_mime_object_get_content_disposition_parameter(object, "filename");
		if (!name && message)
			name = g_mime_message_get_subject(message);
		if (message) {
			GMimeStream *memory = g_mime_stream_mem_new();
			GByteArray *bytes;

			(void)g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, memory);
			bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory));
			digest_sink(&digest, (const char *)bytes->data, bytes->len);
			g_object_unref(memory);
		}
	}
	gnutls_hash_deinit(digest.hash, part->sha256);
	part->size_bytes = digest.size_bytes;
	part->name = rd_mime_clean(name, RD_PART_NAME_BYTES_MAX, w->arena);
	part->type = rd_mime_clean(type, sizeof type, w->arena);
	w->n_parts++;
}

static bool is_attachment(GMimeObject *object)
{
	const char *disposition = g_mime_object_get_disposition(object);

	return disposition && strcasecmp(disposition, "attachment") == 0;
}

static void note_encryption(struct walk *w, GMimeObject *object)
{
	if (is_type(object, "application", "pkcs7-mime") ||
		is_type(object, "application", "x-pkcs7-mime") ||
		is_type(object, "application", "pgp-encrypted") ||
		is_type(object, "multipart", "encrypted"))
		w->body->trouble.encrypted = true;
}

/* Where in the tree an object stands. */
struct place {
	int group, branch, attached;
	bool report; /* within a multipart/report, of which only the first part speaks to people */
	int index;
};

static bool is_text(GMimeObject *object)
{
	return GMIME_IS_PART(object) &&
	       (is_type(object, "text", "plain") || is_type(object, "text", "html"));
}

/* A part without parts of its own. What lies within an attached mail is listed as that mail. */
static void take_leaf(struct walk *w, GMimeObject *object, const struct place *at)
{
	const bool within = at->attached != NOT_ATTACHED;
	const bool returned = at->report && at->index > 0;

	if (w->n_seen == RD_PARTS_MAX) {
		w->body->trouble.too_many_parts = true;
		return;
	}
	w->n_seen++;
	note_encryption(w, object);
	if (!within && (returned || is_type(object, "text", "rfc822-headers")))
		rd_mime_report_part(w->report, object, w->arena);
	if (is_text(object) && !is_attachment(object) && !returned) {
		const char *name = g_mime_part_get_filename(GMIME_PART(object));

		/* a named text behind the first is a file, whatever its disposition */
		if (!name || w->n_leaves == 0) {
			w->leaves[w->n_leaves++] =
				(struct leaf){ GMIME_PART(object), is_type(object, "text", "html"),
					at->group, at->branch, at->attached };
			return;
		}
	}
	if (!within)
		list_part(w, object);
}

static void descend(struct walk *w, GMimeObject *object, const struct place *at)
{
	struct level *level = &w->levels[w->depth];

	note_encryption(w, object);
	*level = (struct level){ .multipart = GMIME_MULTIPART(object),
		.group = at->group,
		.branch = at->branch,
		.attached = at->attached };
	level->n = g_mime_multipart_get_count(level->multipart);
	level->alternative = is_type(object, "multipart", "alternative");
	level->report = is_type(object, "multipart", "report");
	if (level->alternative && at->group == NO_GROUP)
		level->group = w->n_groups++;
	else
		level->alternative = false; /* one within another is a branch of the outer one */
	if (level->report && at->attached == NOT_ATTACHED) {
		rd_mime_report_type(w->report, parameter(object, "report-type"));
	}
	w->depth++;
}

static void take(struct walk *w, GMimeObject *object, const struct place *at)
{
	if (!GMIME_IS_MULTIPART(object))
		take_leaf(w, object, at);
	else if (w->depth < RD_PART_DEPTH_MAX)
		descend(w, object, at);
	else
		w->body->trouble.too_many_parts = true;
}

/* A mail that the resident, or a colleague, passes on: what is said in it stands behind her own
 * words. One within another is not looked into, nor what a mail server returns. */
static void take_attached(struct walk *w, GMimeObject *object, const struct place *at)
{
	GMimeMessage *message = GMIME_IS_MESSAGE_PART(object) ? g_mime_message_part_get_message(
									GMIME_MESSAGE_PART(object))
							      : NULL;
	GMimeObject *root = message ? g_mime_message_get_mime_part(message) : NULL;
	struct place inside = { .group = NO_GROUP, .attached = w->n_attached };

	if (!root || at->report || at->attached != NOT_ATTACHED || w->n_attached == ATTACHED_MAX)
		return;
	w->attached[w->n_attached++] = message;
	take(w, root, &inside);
}

static void walk_tree(struct walk *w, GMimeObject *root)
{
	const struct place top = { .group = NO_GROUP, .attached = NOT_ATTACHED };

	take(w, root, &top);
	take_attached(w, root, &top);
	while (w->depth > 0) {
		struct level *level = &w->levels[w->depth - 1];
		struct place at = { .group = level->group,
			.attached = level->attached,
			.report = level->report,
			.index = level->next };
		GMimeObject *child;

		if (at.index >= level->n || w->n_seen >= RD_PARTS_MAX) {
			if (at.index < level->n)
				w->body->trouble.too_many_parts = true;
			w->depth--;
			continue;
		}
		level->next++;
		at.branch = level->alternative ? at.index : level->branch;
		child = g_mime_multipart_get_part(level->multipart, at.index);
		if (!child)
			continue;
		take(w, child, &at);
		take_attached(w, child, &at);
	}
}

/* CRLF and lone CR become "\n". */
static size_t plain_line_ends(char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r') {
			if (i + 1 < len && text[i + 1] == '\n')
				continue;
			text[n++] = '\n';
		} else {
			text[n++] = text[i];
		}
	}
	text[n] = '\0';
	return n;
}

struct text {
	const char *text;
	size_t len;
	const struct rd_span *spans;
	size_t n_spans;
};

static enum rd_rc read_leaf(struct walk *w, const struct leaf *leaf, size_t max,
	struct text *ret_text, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf owned = RD_BUF(1);
	struct source source = { .buf = RD_BUF(w->source_left > 0 ? w->source_left : 1) };
	struct rd_trouble *trouble = &w->body->trouble;
	struct rd_decoded decoded = { 0 };
	GMimeObject *object = GMIME_OBJECT(leaf->part);
	const char *charset = parameter(object, "charset");
	struct text text = { .text = "" };
	char meta[41];

	rd_mime_decode(leaf->part, source_sink, &source);
	owned = source.buf;
	w->source_left -= owned.len < w->source_left ? owned.len : w->source_left;
	trouble->text_truncated = trouble->text_truncated || source.truncated;
	if (leaf->html && charset[0] == '\0') {
		rd_html_meta_charset(rd_buf_str(&owned), owned.len, meta);
		charset = meta;
	}
	RD_TRY(rd_charset_decode(rd_buf_str(&owned), owned.len, charset,
		leaf->html ? RD_PART_SOURCE_MAX : max, w->arena, &decoded, err));
	trouble->bad_charset = trouble->bad_charset || decoded.doubtful;
	trouble->text_truncated = trouble->text_truncated || decoded.truncated;
	if (leaf->html) {
		struct rd_html_text html = { 0 };

		RD_TRY(rd_html_to_text(decoded.text, decoded.len, max, w->arena, &html, err));
		trouble->text_truncated = trouble->text_truncated || html.truncated;
		*ret_text = (struct text){ html.text, html.len, html.spans, html.n_spans };
		return RD_OK;
	}
	if (decoded.len > 0) {
		/* the arena's own copy: ours to change */
		text.len = plain_line_ends((char *)(uintptr_t)decoded.text, decoded.len);
		text.text = decoded.text;
	}
	if (strcasecmp(parameter(object, "format"), "flowed") == 0) {
		bool truncated = false;

		RD_TRY(rd_unflow(text.text, text.len,
			strcasecmp(parameter(object, "delsp"), "yes") == 0, max, w->arena,
			&text.text, &text.len, &truncated, err));
		trouble->text_truncated = trouble->text_truncated || truncated;
	}
	if (text.len > 27 && memcmp(text.text, "-----BEGIN PGP MESSAGE-----", 27) == 0)
		trouble->encrypted = true;
	*ret_text = text;
	return RD_OK;
}

static size_t count_letters(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += isalnum((unsigned char)text[i]) || (unsigned char)text[i] >= 0xC2;
	return n;
}

static bool contains(const char *text, size_t len, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, what, n) == 0)
			return true;
	return false;
}

/* A text part that only points to the HTML beside it. */
static bool is_junk(const struct text *plain)
{
	static const char *const signs[] = { "in your browser", "in a browser", "view this email",
		"view this message", "view online", "does not support html", "doesn't support html",
		"not support html", "html version", "html email", "html format", "html-capable",
		"html compatible", "multi-part message in mime", "does not display html" };

	if (count_letters(plain->text, plain->len) == 0)
		return true;
	if (plain->len > JUNK_BYTES_MAX)
		return false;
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (contains(plain->text, plain->len, signs[i]))
			return true;
	return false;
}

struct assembled {
	struct rd_buf text;
	struct rd_span *given;
	size_t n_given;
};

static enum rd_rc append(
	struct walk *w, struct assembled *all, const struct text *text, struct rd_err *err)
{
	size_t from, len = text->len, room;

	if (len == 0)
		return RD_OK;
	if (all->text.len > 0 && all->text.data[all->text.len - 1] != '\n' &&
		all->text.len < all->text.max)
		RD_TRY(rd_buf_add(&all->text, "\n", 1, err));
	from = all->text.len;
	room = all->text.max - from;
	if (len > room) {
		len = rd_utf8_cut(text->text, len, room);
		w->body->trouble.text_truncated = true;
	}
	RD_TRY(rd_buf_add(&all->text, text->text, len, err));
	/* only now: most mails have none, and the table is large */
	if (text->n_spans > 0 && !all->given)
		all->given = rd_arena_array(w->arena, RD_SPANS_MAX, sizeof *all->given);
	if (text->n_spans > 0 && !all->given)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	for (size_t i = 0; i < text->n_spans && all->n_given < RD_SPANS_MAX; i++) {
		const struct rd_span *span = &text->spans[i];

		if (span->to <= len)
			all->given[all->n_given++] = (struct rd_span){ span->kind,
				span->from + (uint32_t)from, span->to + (uint32_t)from };
	}
	return RD_OK;
}

/* Of one multipart/alternative: the first plain text that says something, else the last HTML. */
static enum rd_rc append_group(struct walk *w, int group, struct assembled *all, struct rd_err *err)
{
	struct text plain = { .text = "" }, html = { .text = "" };
	const struct leaf *first_html = NULL;
	int plain_branch = -1, html_branch = -1;

	for (size_t i = 0; i < w->n_leaves; i++) {
		const struct leaf *leaf = &w->leaves[i];

		if (leaf->group != group)
			continue;
		if (leaf->html) {
			html_branch = leaf->branch;
			first_html = leaf;
		} else if (plain_branch < 0) {
			RD_TRY(read_leaf(w, leaf, RD_TEXT_BYTES_MAX, &plain, err));
			plain_branch = leaf->branch;
		}
	}
	if (plain_branch >= 0 && (!first_html || !is_junk(&plain))) {
		/* all plain texts of that branch: a mixed one within may have several */
		bool first = true;

		for (size_t i = 0; i < w->n_leaves; i++) {
			const struct leaf *leaf = &w->leaves[i];

			if (leaf->group != group || leaf->branch != plain_branch || leaf->html)
				continue;
			if (!first)
				RD_TRY(read_leaf(w, leaf, RD_TEXT_BYTES_MAX, &plain, err));
			RD_TRY(append(w, all, &plain, err));
			first = false;
		}
		return RD_OK;
	}
	for (size_t i = 0; i < w->n_leaves; i++) {
		const struct leaf *leaf = &w->leaves[i];

		if (leaf->group != group || !leaf->html || leaf->branch != html_branch)
			continue;
		RD_TRY(read_leaf(w, leaf, RD_TEXT_BYTES_MAX, &html, err));
		/* "View in your browser" beside an HTML part with nothing to read (one picture) */
		if (count_letters(html.text, html.len) == 0)
			html = plain;
		RD_TRY(append(w, all, &html, err));
	}
	return RD_OK;
}

/* The texts of the mail itself, or of one that is attached to it. */
static enum rd_rc assemble(struct walk *w, int attached, struct assembled *all, struct rd_err *err)
{
	int done = NO_GROUP;

	for (size_t i = 0; i < w->n_leaves; i++) {
		const struct leaf *leaf = &w->leaves[i];
		struct text text = { .text = "" };

		if (leaf->attached != attached)
			continue;
		if (leaf->group != NO_GROUP) {
			if (leaf->group > done)
				RD_TRY(append_group(w, leaf->group, all, err));
			done = leaf->group > done ? leaf->group : done;
			continue;
		}
		RD_TRY(read_leaf(w, leaf, RD_TEXT_BYTES_MAX, &text, err));
		RD_TRY(append(w, all, &text, err));
	}
	return RD_OK;
}

/* --- attached mails --- */

/* One address of a header, as "Name <address>"; "" where there is none. Nothing in the name can
 * pass for the address. */
static const char *first_address(struct walk *w, InternetAddressList *list)
{
	InternetAddress *entry = list && internet_address_list_length(list) > 0
					 ? internet_address_list_get_address(list, 0)
					 : NULL;
	const char *address, *name;
	char *text;

	if (!entry || !INTERNET_ADDRESS_IS_MAILBOX(entry))
		return "";
	name = rd_mime_clean(internet_address_get_name(entry), RD_ADDRESS_BYTES_MAX, w->arena);
	address = rd_mime_clean(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(entry)),
		RD_ADDRESS_BYTES_MAX, w->arena);
	text = rd_arena_printf(w->arena, name[0] != '\0' ? "%s <%s>" : "%s%s", name, address);
	for (char *p = text; p && p < text + strlen(name); p++)
		if (*p == '<' || *p == '>')
			*p = ' ';
	return text ? text : "";
}

/* What people see above a forwarded mail. */
static enum rd_rc append_header(
	struct walk *w, GMimeMessage *mail, struct assembled *all, struct rd_err *err)
{
	const char *date = rd_mime_clean(g_mime_object_get_header(GMIME_OBJECT(mail), "Date"),
		RD_PART_NAME_BYTES_MAX, w->arena);
	const char *subject =
		rd_mime_clean(g_mime_message_get_subject(mail), RD_SUBJECT_BYTES_MAX, w->arena);
	struct text header = {
		.text = rd_arena_printf(w->arena,
			"\n----- Attached message -----\nFrom: %s\nDate: %s\nTo: %s\n"
			"Subject: %s\n\n",
			first_address(w, g_mime_message_get_from(mail)), date,
			first_address(w, g_mime_message_get_to(mail)), subject)
	};

	if (!header.text)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	header.len = strlen(header.text);
	return append(w, all, &header, err);
}

/* What the HTML within said of its parts is left to the words: the whole is one forwarded mail. */
static enum rd_rc append_attached(
	struct walk *w, int attached, struct assembled *all, struct rd_err *err)
{
	size_t from = all->text.len, n_given = all->n_given;

	RD_TRY(append_header(w, w->attached[attached], all, err));
	RD_TRY(assemble(w, attached, all, err));
	if (!all->given)
		all->given = rd_arena_array(w->arena, RD_SPANS_MAX, sizeof *all->given);
	if (!all->given)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	all->n_given = n_given;
	if (all->text.len > from && n_given < RD_SPANS_MAX)
		all->given[all->n_given++] = (struct rd_span){ RD_SPAN_FORWARDED, (uint32_t)from,
			(uint32_t)all->text.len };
	return RD_OK;
}

static enum rd_rc assemble_all(struct walk *w, struct assembled *all, struct rd_err *err)
{
	RD_TRY(assemble(w, NOT_ATTACHED, all, err));
	w->body->own_len = all->text.len;
	for (int i = 0; i < w->n_attached; i++)
		RD_TRY(append_attached(w, i, all, err));
	return RD_OK;
}

enum rd_rc rd_mime_body(GMimeObject *root, struct rd_arena *arena, struct rd_mime_body *ret_body,
	struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf owned = RD_BUF(1);
	struct assembled all = { .text = RD_BUF(RD_TEXT_BYTES_MAX) };
	struct rd_mime_body body = { .text = "" };
	struct walk w = { .arena = arena, .body = &body, .source_left = RD_PART_SOURCE_MAX };
	enum rd_rc rc;

	w.parts = rd_arena_array(arena, RD_PARTS_MAX, sizeof *w.parts);
	w.report = rd_mime_report_new(arena);
	if (!w.parts || !w.report)
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	if (root)
		walk_tree(&w, root);
	rc = assemble_all(&w, &all, err);
	owned = all.text; /* freed with this name on every way out */
	if (rc != RD_OK)
		return rc;
	body.text = rd_arena_copy(arena, rd_buf_str(&owned), owned.len);
	if (!body.text || rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	body.len = owned.len;
	body.given = all.given;
	body.n_given = all.n_given;
	body.parts = w.parts;
	body.n_parts = w.n_parts;
	body.report = w.report;
	*ret_body = body;
	return RD_OK;
}
