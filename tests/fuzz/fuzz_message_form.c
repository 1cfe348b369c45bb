/* A web form's mail of any words: spans cover its body, and what is taken out of it is sound. The
 * first line is taken for an Authentication-Results header. */
#include <string.h>

#include "fuzz.h"
#include "redress/base/arena.h"
#include "redress/base/limits.h"
#include "redress/message/authentication.h"
#include "redress/message/charset.h"
#include "redress/message/compose.h"
#include "redress/message/form.h"
#include "redress/message/quotes.h"

#define SENDER "no-reply@landlord.example"

static const struct rd_form_label labels[] = { { RD_PART_NAME, "Name" }, { RD_PART_EMAIL, "Email" },
	{ RD_PART_EMAIL, "Email address" }, { RD_PART_PHONE, "Phone" },
	{ RD_PART_ADDRESS, "Address" }, { RD_PART_WORDS, "Message" }, { RD_PART_WORDS, "Outcome" },
	{ RD_PART_OTHER, "Time" } };

static void check(const struct rd_message *m)
{
	uint32_t at = 0;

	for (size_t i = 0; i < m->n_spans; i++) {
		RD_ASSERT(m->spans[i].from == at && m->spans[i].to > at);
		at = m->spans[i].to;
	}
	RD_ASSERT(at == m->body_len);
	RD_ASSERT(m->from.address[0] == '\0' || rd_address_fit(m->from.address));
	RD_ASSERT(rd_utf8_valid(m->from.name, strlen(m->from.name)) == strlen(m->from.name));
	RD_ASSERT(rd_utf8_valid(m->form.phone, strlen(m->form.phone)) == strlen(m->form.phone));
	RD_ASSERT(
		rd_utf8_valid(m->form.address, strlen(m->form.address)) == strlen(m->form.address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { SENDER };
	const struct rd_origin origin = { .trust = RD_TRUST_TOPMOST,
		.form_senders = names,
		.n_form_senders = 1,
		.form_labels = labels,
		.n_form_labels = sizeof labels / sizeof labels[0] };
	struct rd_arena *arena = rd_arena_new(32u << 20);
	char *text = rd_arena_copy(arena, data, size < (64u << 10) ? size : (64u << 10));
	struct rd_span all;
	struct rd_message m = { .channel = RD_CHANNEL_EMAIL,
		.subject = "",
		.from = { "", SENDER },
		.return_path = "",
		.message_id = "",
		.date_header = "",
		.reply_to = "bo@example.org",
		.automatic = { .own_loop = "" } };
	struct rd_result_header header = { .value = text };
	struct rd_err err = { 0 };
	char *line;

	RD_ASSERT(text != NULL);
	text[rd_utf8_valid(text, size < (64u << 10) ? size : (64u << 10))] = '\0';
	line = strchr(text, '\n');
	m.body = line != NULL ? line + 1 : text;
	if (line != NULL)
		*line = '\0';
	m.body_len = (uint32_t)strlen(m.body);
	all = (struct rd_span){ RD_SPAN_NEW, 0, m.body_len };
	m.spans = &all;
	m.n_spans = m.body_len > 0;
	m.authentication = rd_authentication_of(&header, 1, &origin, m.from.address);
	RD_ASSERT(rd_form_apply(&m, &origin, arena, &err) == RD_OK);
	if (m.by_form)
		check(&m);
	rd_arena_free(arena);
	return 0;
}
