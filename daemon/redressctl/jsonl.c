#include "jsonl.h"

#include <string.h>

#include "command.h"
#include "redress/base/date.h"
#include "redress/base/stanza.h"
#include "redress/rules/kind.h"

bool rd_jsonl_read(FILE *in, struct rd_buf *line, bool *ret_long)
{
	struct rd_err err = { 0 };
	char piece[65536];
	bool any = false;

	rd_buf_clear(line);
	*ret_long = false;
	while (true) {
		size_t n = 0;
		int c = EOF;
		while (n < sizeof piece && (c = getc_unlocked(in)) != EOF && c != '\n')
			piece[n++] = (char)c;
		any = any || n > 0 || c == '\n';
		if (!*ret_long && rd_buf_add(line, piece, n, &err) != RD_OK)
			*ret_long = true;
		if (c == EOF || c == '\n')
			return any;
	}
}

/* A string member, "" where it is missing or null. */
static enum rd_rc member(const json_t *object, const char *name, const char **ret_text,
	size_t *ret_len, struct rd_err *err)
{
	const json_t *value = json_object_get(object, name);

	*ret_text = "";
	*ret_len = 0;
	if (value == NULL || json_is_null(value))
		return RD_OK;
	if (!json_is_string(value))
		return rd_fail(err, RD_E_INPUT, "`%s` is not a string", name);
	*ret_text = json_string_value(value);
	*ret_len = json_string_length(value);
	return RD_OK;
}

static enum rd_rc take_object(struct rd_jsonl *line, struct rd_err *err)
{
	const json_t *object = line->object;
	struct rd_plain *plain = &line->plain;
	const char *channel, *received;
	size_t len;

	line->id = json_object_get(object, "id");
	if (line->id == NULL || !(json_is_string(line->id) || json_is_integer(line->id)))
		return rd_fail(err, RD_E_INPUT, "`id` is missing or not a string");
	RD_TRY(member(object, "channel", &channel, &len, err));
	plain->channel = RD_CHANNEL_EMAIL;
	if (strcmp(channel, "sms") == 0)
		plain->channel = RD_CHANNEL_SMS;
	else if (strcmp(channel, "email") != 0)
		return rd_fail(err, RD_E_INPUT, "`channel` must be email or sms");
	if (!json_is_string(json_object_get(object, "body")))
		return rd_fail(err, RD_E_INPUT, "`body` is missing or not a string");
	RD_TRY(member(object, "body", &plain->body, &plain->body_len, err));
	RD_TRY(member(object, "subject", &plain->subject, &plain->subject_len, err));
	RD_TRY(member(object, "from", &plain->from, &len, err));
	RD_TRY(member(object, "received", &received, &len, err));
	if (received[0] != '\0' && rd_instant_parse(received, &line->received_ms, err) != RD_OK)
		return rd_fail(
			err, RD_E_INPUT, "`received` is no instant like 2026-11-22T10:53:00Z");
	return RD_OK;
}

bool rd_jsonl_is_blank(const struct rd_buf *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (strchr(" \t\r", line->data[i]) == NULL || line->data[i] == '\0')
			return false;
	return true;
}

/* --- misspelt members --- */

static void note_stray(struct rd_jsonl_strays *strays, const char *name, const char *meant)
{
	size_t i = 0;

	while (i < strays->n && strcmp(strays->items[i].name, name) != 0)
		i++;
	if (i == RD_JSONL_STRAYS_MAX || strlen(name) >= sizeof strays->items[0].name)
		return;
	if (i == strays->n) {
		strays->n++;
		snprintf(strays->items[i].name, sizeof strays->items[i].name, "%s", name);
		strays->items[i].meant = meant;
	}
	strays->items[i].n_lines++;
}

/* A file may hold more than is asked for; but what is nearly a member's name, where that member is
 * missing, was meant for it. */
static void note_strays(struct rd_jsonl_strays *strays, json_t *object)
{
	static const char *const known[] = { "id", "channel", "subject", "body", "from", "received",
		"label", NULL };
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	{
		const char *meant = rd_did_you_mean(name, known);

		if (meant != NULL && json_object_get(object, meant) == NULL)
			note_stray(strays, name, meant);
	}
}

void rd_jsonl_tell_strays(const struct rd_jsonl_strays *strays)
{
	for (size_t i = 0; i < strays->n; i++)
		rd_ctl_complain("`%s` on %zu line%s was ignored; did you mean `%s`?",
			strays->items[i].name, strays->items[i].n_lines,
			strays->items[i].n_lines == 1 ? "" : "s", strays->items[i].meant);
}

/* --- a line --- */

enum rd_rc rd_jsonl_label(
	const struct rd_jsonl *line, bool needed, int *ret_kind, struct rd_err *err)
{
	const json_t *label = json_object_get(line->object, "label");
	enum rd_kind kind;

	*ret_kind = RD_KIND_NONE;
	if ((label == NULL || json_is_null(label)) && !needed)
		return RD_OK;
	if (!json_is_string(label) || !rd_kind_parse(json_string_value(label), &kind))
		return rd_fail(err, RD_E_INPUT,
			"`label` must say which of the seven kinds it is, such as complaint or "
			"service_request");
	*ret_kind = (int)kind;
	return RD_OK;
}

enum rd_rc rd_jsonl_parse(const char *text, size_t len, struct rd_jsonl_strays *strays,
	struct rd_jsonl *ret_line, struct rd_err *err)
{
	json_error_t fault;

	memset(ret_line, 0, sizeof *ret_line);
	if (text[strspn(text, " \t")] != '{')
		return rd_fail(err, RD_E_INPUT,
			"this line is no JSON object in { }; is it the right file?");
	ret_line->object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);
	if (ret_line->object == NULL) {
		const bool nul = strstr(fault.text, "JSON_ALLOW_NUL") != NULL;
		return rd_fail(err, RD_E_INPUT, "this line is no whole JSON object: %s (column %d)",
			nul ? "a NUL character (\\u0000) is not allowed in text" : fault.text,
			fault.column);
	}
	note_strays(strays, ret_line->object);
	return take_object(ret_line, err);
}

void rd_jsonl_free(struct rd_jsonl *line)
{
	json_decref(line->object);
	line->object = NULL;
}
