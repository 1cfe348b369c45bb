/* texts: messages of a wished length, no two alike: the corpus's bodies with numbers and words put
 * in between, several joined and the last one cut. Nothing of them is ever printed. */
#ifndef REDRESS_BENCH_TEXTS_H
#define REDRESS_BENCH_TEXTS_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/message/message.h"

struct text {
	enum rd_channel channel;
	char *subject, *body;
	size_t subject_len, body_len;
};

struct texts {
	struct text *items;
	size_t n;
};

static inline void texts_die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* The words of text with something else put in every so often. */
static inline void texts_add_varied(struct rd_buf *out, const char *text, unsigned *seed)
{
	static const char *const extra[] = { "basically", "yesterday", "again", "flat", "number",
		"honestly", "tuesday", "the back", "upstairs", "window", "my mum", "ok" };
	struct rd_err err = { 0 };
	unsigned words = 0;

	for (const char *p = text; *p != '\0'; p++) {
		if (rd_buf_add(out, p, 1, &err) != RD_OK)
			texts_die(err.msg);
		if (*p != ' ')
			continue;
		*seed = *seed * 1103515245u + 12345u;
		if (++words % 9 == 0 && rd_buf_printf(out, &err, "%s %u ",
						extra[(*seed >> 16) % 12], *seed >> 12) != RD_OK)
			texts_die(err.msg);
	}
	*seed = *seed * 1103515245u + 12345u;
	if (rd_buf_printf(out, &err, " %u\n\n", *seed) != RD_OK)
		texts_die(err.msg);
}

static inline const char *texts_string(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

/* Lines of the corpus without end. */
static inline json_t *texts_next(FILE *in)
{
	static const int tries = 2000;
	char *line = NULL;
	size_t size = 0;
	json_t *object = NULL;

	for (int i = 0; i < tries && object == NULL; i++) {
		if (getline(&line, &size, in) < 0)
			rewind(in);
		else
			object = json_loads(line, 0, NULL);
	}
	free(line);
	if (object == NULL)
		texts_die("the corpus holds no message");
	return object;
}

/* bytes: of each body, nearly; 0: as the corpus has them. */
static inline struct texts texts_make(const char *corpus, size_t n, size_t bytes)
{
	struct texts texts = { .items = calloc(n, sizeof *texts.items), .n = n };
	FILE *in = fopen(corpus, "re");
	unsigned seed = 11;

	if (texts.items == NULL || in == NULL)
		texts_die("the corpus cannot be read");
	for (size_t i = 0; i < n; i++) {
		struct text *t = &texts.items[i];
		struct rd_buf subject = RD_BUF(1u << 20), body = RD_BUF(4u << 20);
		do {
			json_t *object = texts_next(in);
			bool sms = strcmp(texts_string(object, "channel"), "sms") == 0;
			t->channel = sms ? RD_CHANNEL_SMS : RD_CHANNEL_EMAIL;
			if (subject.len == 0)
				texts_add_varied(&subject, texts_string(object, "subject"), &seed);
			texts_add_varied(&body, texts_string(object, "body"), &seed);
			json_decref(object);
		} while (body.len < bytes);
		t->subject = subject.data;
		t->subject_len = subject.len - 2;
		t->body = body.data;
		t->body_len = body.len;
		if (bytes == 0)
			continue;
		t->channel = RD_CHANNEL_EMAIL;
		while (t->body_len > bytes || ((unsigned char)t->body[t->body_len] & 0xc0) == 0x80)
			t->body_len--;
		t->body[t->body_len] = '\0';
	}
	fclose(in);
	return texts;
}

static inline void texts_free(struct texts *texts)
{
	for (size_t i = 0; i < texts->n; i++) {
		free(texts->items[i].subject);
		free(texts->items[i].body);
	}
	free(texts->items);
}

#endif
