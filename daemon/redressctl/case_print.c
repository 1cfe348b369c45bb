/* A case as `case show` prints it for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_whole.h"
#include "open311.h"
#include "opting.h"
#include "print.h"
#include "reading.h"
#include "redress/base/clock.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/rulesets.h"
#include "resident_print.h"

static void print_words(const char *head, const char *const *words, size_t n)
{
	if (n == 0)
		return;
	printf("%-14s", head);
	for (size_t i = 0; i < n; i++)
		printf("%s%s", i > 0 ? ", " : "", words[i]);
	putchar('\n');
}

static void print_line(const char *head, const char *text)
{
	if (text != NULL && text[0] != '\0')
		printf("%-14s%s\n", head, text);
}

static const char *link_words(const struct rd_case_linked *link)
{
	if (link->how == RD_LINK_RELATED)
		return "possibly related";
	return link->from_here ? "it grew out of this case" : "this complaint grew out of it";
}

static void show_reviews(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	for (size_t i = 0; i < w->n_reviews; i++)
		printf("%-14sreview %" PRId64 ", probably %s: %s\n%-14s(redressctl review decide "
		       "%" PRId64 " --kind KIND --why TEXT)\n",
			"TO DECIDE", w->reviews[i].id, rd_kind_names[w->reviews[i].best],
			rd_ctl_in_one_line(desk, w->reviews[i].reasons), "", w->reviews[i].id);
}

/* What people said that it is. */
static void show_labels(const struct whole_case *w)
{
	char at[24];

	for (size_t i = 0; i < w->n_labels; i++) {
		const struct rd_label *label = &w->labels[i];

		printf("%-14s%s (taken for %s), by %s, %s%s%s\n", "corrected",
			rd_kind_names[label->kind], rd_kind_names[label->was], label->by,
			rd_short_instant(label->at_ms, at), label->why[0] != '\0' ? ": " : "",
			label->why);
	}
}

void rd_ctl_print_head(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	static const char *const stage_words[] = {
		[RD_STAGE_NONE] = "",
		[RD_STAGE_1] = ", stage 1",
		[RD_STAGE_2] = ", stage 2",
	};
	const char *flags[RD_N_FLAGS];
	char received[24];
	size_t n = 0;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (w->c.flags[i])
			flags[n++] = rd_flag_names[i];
	printf("Case %s: %s%s, %s\n\n", w->c.reference, rd_kind_names[w->c.kind],
		stage_words[w->c.stage], rd_status_names[w->c.status]);
	print_line("received", rd_short_instant(w->c.received_ms, received));
	print_line("landlord", w->c.landlord);
	print_line("policy of", w->policy.version);
	print_line("by", rd_case_channel_names[w->c.channel]);
	print_line("from", w->c.contact_name);
	print_line("contact", w->c.contact);
	if (w->c.contact_proposed)
		print_line("NOT CONFIRMED",
			"only a colleague's forward names this contact: no letter goes there until "
			"a person says that it is the resident (outbox approve, case contact)");
	print_line("OPTED OUT", rd_ctl_opted_out(desk, w->c.contact));
	print_line("subject", w->c.subject);
	print_words("about", (const char *const *)w->c.topics, w->c.n_topics);
	print_words("flags", flags, n);
	print_words("marks", (const char *const *)w->c.marks, w->c.n_marks);
	print_line("wants", w->c.outcome);
	print_line("defined as", w->c.definition);
	print_line("handled by", w->c.handler);
	if (w->c.held)
		print_line("HELD",
			"safeguarding: no automatic letter goes until a person lifts this with a "
			"reason (case lift-hold)");
	print_line("hold lifted", w->c.hold_lifted_why);
	if (w->hold.at_ms != 0)
		printf("%-14sfor legal reasons, by %s: %s (case legal-hold)\n", "KEPT", w->hold.by,
			w->hold.why);
	if (w->erased)
		print_line("ERASED", "its words are gone; numbers, days and the audit stay");
	print_line("closed", w->c.closed_why);
	for (size_t i = 0; i < w->n_links; i++)
		printf("%-14s%s (%s)\n", "see also", rd_ctl_reference(desk, w->links[i].id),
			link_words(&w->links[i]));
	rd_ctl_open311_print(w->requests, w->n_requests);
	show_labels(w);
	show_reviews(desk, w);
}

static const char *met_words(const struct rd_case_clock *clock, char out[static 40])
{
	char at[24];

	if (clock->cancelled_ms == 0)
		snprintf(out, 40, "%s", rd_short_instant(clock->met_ms, at));
	else
		snprintf(out, 40, "cancelled %s", rd_short_instant(clock->cancelled_ms, at));
	return out;
}

void rd_ctl_print_clocks(const struct whole_case *w)
{
	static const char *const heads[] = { "clock", "starts", "due", "met", "from", NULL };
	struct rd_table table;

	puts("\nClocks");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < w->n_clocks; i++) {
		char starts[20], due[20], at[24], met[40];

		rd_table_row(&table,
			(const char *const[]){ w->clocks[i].name,
				rd_short_day(w->clocks[i].starts, starts),
				w->clocks[i].due_ms != 0 ? rd_short_instant(w->clocks[i].due_ms, at)
							 : rd_short_day(w->clocks[i].due, due),
				met_words(&w->clocks[i], met), w->clocks[i].source });
	}
	rd_table_end(&table, "  none runs");
}

void rd_ctl_print_letters_and_tasks(const struct whole_case *w)
{
	static const char *const heads[] = { "row", "letter", "state", "written for", "sent",
		"note", NULL };
	static const char *const task_heads[] = { "task", "due", "done by", "what", NULL };
	struct rd_table table;
	char row[24], day[20], at[24];

	puts("\nLetters (redressctl outbox show ROW)");
	rd_table_begin(&table, heads);
	for (size_t i = 0; i < w->n_letters; i++) {
		const struct rd_outbox_row *letter = &w->letters[i];

		snprintf(row, sizeof row, "%" PRId64, letter->id);
		rd_table_row(&table, (const char *const[]){ row, letter->letter,
					     rd_outbox_state_names[letter->state],
					     rd_short_day(letter->written_for, day),
					     rd_short_instant(letter->sent_ms, at),
					     letter->hold_reason[0] != '\0' ? letter->hold_reason
									    : letter->trouble });
	}
	rd_table_end(&table, "  none");
	puts("\nTasks");
	rd_table_begin(&table, task_heads);
	for (size_t i = 0; i < w->n_tasks; i++) {
		snprintf(row, sizeof row, "%" PRId64, w->tasks[i].id);
		rd_table_row(&table, (const char *const[]){ row, rd_short_day(w->tasks[i].due, day),
					     w->tasks[i].done_ms != 0 ? w->tasks[i].done_by : "-",
					     w->tasks[i].text });
	}
	rd_table_end(&table, "  none");
}

/* A resident's words on a terminal: nothing in them may steer it. */
static void print_words_safely(const char *text)
{
	size_t len = strlen(text);

	while (len > 0 && text[len - 1] == '\n')
		len--;
	fputs("  ", stdout);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			fputs("\n  ", stdout);
		else if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f)
			putchar(text[i]);
		else
			putchar(' ');
	}
	putchar('\n');
}

/* The rules that messages were scored by; those of the last one are kept. */
struct rules_then {
	struct rd_definitions rules;
	const char *sha256; /* NULL: none yet */
	bool known;
};

/* NULL where they can be read no longer. */
static const struct rd_definitions *rules_then(
	struct rd_ctl_desk *desk, const char *landlord, const char *sha256, struct rules_then *then)
{
	struct rd_problems ignored;
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (then->sha256 == NULL || strcmp(then->sha256, sha256) != 0) {
		rd_problems_begin(&ignored, desk->arena);
		then->sha256 = sha256;
		then->known = rd_rulesets_get(desk->desk.db, sha256, desk->arena, &files, &err) ==
				      RD_OK &&
			      rd_definitions_read(&files, landlord, rd_now_ms(&rd_system_clock),
				      desk->arena, &ignored, &then->rules, &err) == RD_OK;
	}
	return then->known ? &then->rules : NULL;
}

static void show_reading(struct rd_ctl_desk *desk, const struct rd_message *message,
	const struct rd_score *score, const struct rd_definitions *rules)
{
	print_words_safely(message->body);
	rd_ctl_print_decision(message, score, rules, desk->arena);
}

void rd_ctl_print_messages(struct rd_ctl_desk *desk, const struct whole_case *w)
{
	struct rules_then then = { .sha256 = NULL };

	puts("\nMessages");
	for (size_t i = 0; i < w->n_messages; i++) {
		struct rd_message_row row;
		struct rd_message message;
		struct rd_score score;
		struct rd_err err = { 0 };
		const char *ruleset;
		const enum rd_withheld withheld = rd_ctl_withheld_of(w, w->messages[i]);
		char at[24];
		bool erased = false;

		if (rd_queue_show(desk->desk.db, w->messages[i], desk->arena, &row, &err) != RD_OK)
			continue;
		printf("  -- %s, %s --\n", row.channel == RD_CHANNEL_EMAIL ? "mail" : "text",
			rd_short_instant(row.received_ms, at));
		if (rd_reading_get(desk->desk.db, row.id, desk->arena, &message, &score, &ruleset,
			    &erased, &err) != RD_OK)
			puts(row.quarantined ? "  (could not be read by machine: a person must "
					       "look at it in "
					       "the mailbox)"
					     : "  (decided together with the text before it)");
		else if (erased)
			puts("  (erased)");
		else {
			rd_sender_print(&message);
			show_reading(desk, &message, &score,
				rules_then(desk, w->c.landlord, ruleset, &then));
		}
		if (rd_ctl_n_pictures(desk, row.id) > 0)
			printf("  Pictures that came with it: %zu. `redressctl case pictures %s "
			       "DIR` writes them as files.\n",
				rd_ctl_n_pictures(desk, row.id), w->c.reference);
		if (withheld != RD_WITHHELD_NO)
			printf("  No letter by itself: %s\n", rd_withheld_words(withheld));
	}
	for (size_t i = 0; i < w->n_notes; i++) {
		char at[24];

		printf("  -- note by %s, %s --\n", w->notes[i].by,
			rd_short_instant(w->notes[i].at_ms, at));
		print_words_safely(w->notes[i].text);
	}
}
