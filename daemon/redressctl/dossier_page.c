/* index.html of a dossier: the thirteen parts that the Ombudsman may ask for, gaps named. */
#include "dossier.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "html.h"
#include "print.h"
#include "reading.h"
#include "redress/base/clock.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/residents.h"
#include "redress/store/text_media.h"

struct gap {
	const char *what, *why;
};

/* What the store has no place for; each part names its own, part 13 all of them. */
static const struct gap gaps[] = {
	{ "Tenure, start of the tenancy, address of the home",
		"only as the contacts file tells them" },
	{ "Representative and consent", "none was recorded" },
	{ "Adjustments agreed", "the contacts file tells of none" },
	{ "Stage 2", "it was not asked for, as far as it is recorded here" },
	{ "Telephone calls and visits, attempts at access",
		"only as notes that staff wrote on the case" },
	{ "Repair jobs and their numbers", "they lie in the repairs system" },
	{ "Surveys, inspections, contractors' reports", "they lie elsewhere" },
	{ "Decision on each point, and its reasons", "only as the letters say" },
	{ "Remedies: what was paid, and proof of it", "it lies elsewhere" },
	{ "Tenancy agreement or lease", "it lies elsewhere" },
	{ "Refusals and restrictions", "none was recorded" },
};
#define N_GAPS (sizeof gaps / sizeof gaps[0])

enum gap_id {
	GAP_HOME = 0,
	GAP_REPRESENTATIVE,
	GAP_ADJUSTMENTS,
	GAP_STAGE2,
	GAP_CALLS,
	GAP_JOBS,
	GAP_SURVEYS,
	GAP_DECISION,
	GAP_REMEDIES,
	GAP_TENANCY,
	GAP_REFUSALS,
};

static void part(FILE *out, int number, const char *title)
{
	fprintf(out, "<h2 id=\"part%d\">%d. ", number, number);
	rd_html_words(out, title);
	fputs("</h2>\n", out);
}

static void not_held(FILE *out, enum gap_id id)
{
	fputs("<p class=\"not\"><b>Not held.</b> ", out);
	rd_html_words(out, gaps[id].what);
	fputs(": ", out);
	rd_html_words(out, gaps[id].why);
	fputs(".</p>\n", out);
}

static void begin_table(FILE *out, const char *const *heads)
{
	fputs("<table><thead><tr>", out);
	for (size_t i = 0; heads[i] != NULL; i++)
		rd_html_element(out, "th scope=\"col\"", heads[i]);
	fputs("</tr></thead><tbody>\n", out);
}

static void end_table(FILE *out)
{
	fputs("</tbody></table>\n", out);
}

static void line(FILE *out, const char *head, const char *words, const char *otherwise)
{
	fputs("<tr>", out);
	rd_html_element(out, "th scope=\"row\"", head);
	rd_html_element(out, "td", words != NULL && words[0] != '\0' ? words : otherwise);
	fputs("</tr>\n", out);
}

static void link_to(FILE *out, const char *path)
{
	if (path == NULL || path[0] == '\0') {
		fputs("<td></td>", out);
		return;
	}
	fputs("<td><a href=\"", out);
	rd_html_words(out, path);
	fputs("\">", out);
	rd_html_words(out, path);
	fputs("</a></td>", out);
}

static const char *instant(int64_t ms, char out[static RD_INSTANT_MAX])
{
	return ms != 0 ? rd_instant_format(ms, out) : "";
}

static const char *day_of(struct rd_date day, char out[static RD_LONG_DATE_MAX])
{
	return rd_date_is_set(day) ? rd_date_format_long(day, out) : "";
}

static const char *joined(struct rd_dossier *d, const char *const *words, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = rd_arena_printf(
			d->desk->arena, "%s%s%s", all, all[0] != '\0' ? ", " : "", words[i]);
	return all;
}

/* Rows of what was done, those of the names given (NULL-ended; NULL: all). False: there is none. */
static bool print_acts(struct rd_dossier *d, const char *const *names, FILE *out)
{
	static const char *const heads[] = { "Day", "What", "Stage", "By", "Who", "Of it", "Why",
		NULL };
	size_t n = 0;

	for (size_t i = 0; i < d->n_acts; i++) {
		const struct rd_case_act *a = &d->acts[i];
		char day[RD_LONG_DATE_MAX];
		bool wanted = names == NULL;

		for (size_t k = 0; names != NULL && names[k] != NULL; k++)
			wanted = wanted || strcmp(names[k], a->what) == 0;
		if (!wanted)
			continue;
		if (n++ == 0)
			begin_table(out, heads);
		fputs("<tr>", out);
		rd_html_element(out, "td", day_of(a->day, day));
		rd_html_element(out, "td", a->what);
		rd_html_element(out, "td", rd_stage_names[a->stage]);
		rd_html_element(out, "td", a->actor);
		rd_html_element(out, "td", a->person);
		rd_html_element(out, "td", rd_dossier_words(d, a->detail));
		rd_html_element(out, "td", rd_dossier_words(d, a->why));
		fputs("</tr>\n", out);
	}
	if (n > 0)
		end_table(out);
	return n > 0;
}

/* --- the parts --- */

/* Of people who share an address nothing is told: it may be another's. */
static bool look_up_resident(struct rd_dossier *d, struct rd_resident *resident)
{
	struct rd_err ignored = { 0 };
	size_t n = 0;

	return rd_resident_known(d->desk->desk.db, d->c.landlord, d->c.contact, d->desk->arena,
		       resident, &n, &ignored) == RD_OK &&
	       n == 1;
}

static const char *in_one_line(struct rd_dossier *d, const char *words)
{
	return rd_dossier_words(d, rd_ctl_in_one_line(d->desk, words));
}

static void print_front(struct rd_dossier *d, FILE *out)
{
	const char *flags[RD_N_FLAGS], *people = "";
	struct rd_resident r = { 0 };
	const bool known = look_up_resident(d, &r);
	char at[RD_INSTANT_MAX];
	size_t n = 0;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (d->c.flags[i])
			flags[n++] = rd_flag_names[i];
	for (size_t i = 0; i < d->n_contacts; i++)
		people = rd_arena_printf(d->desk->arena, "%s%s%s %s (%s%s)", people,
			people[0] != '\0' ? "; " : "", d->contacts[i].name, d->contacts[i].address,
			rd_case_channel_names[d->contacts[i].channel],
			d->contacts[i].proposed ? ", not confirmed"
			: d->contacts[i].main	? ", letters go there"
						: "");
	part(out, 1, "Front sheet");
	fputs("<table><tbody>\n", out);
	line(out, "Reference", d->c.reference, "");
	line(out, "Landlord", d->live != NULL ? d->live->landlord.full_name : d->c.landlord, "");
	line(out, "Kind, stage, status",
		rd_arena_printf(d->desk->arena, "%s, %s, %s", rd_kind_names[d->c.kind],
			rd_stage_names[d->c.stage], rd_status_names[d->c.status]),
		"");
	line(out, "Resident and others on the case", people, "none recorded, or erased");
	line(out, "Came by", rd_case_channel_names[d->c.channel], "");
	line(out, "Received", instant(d->c.received_ms, at), "");
	line(out, "Closed", instant(d->c.closed_ms, at), "open");
	line(out, "Why it was closed", rd_dossier_words(d, d->c.closed_why), "");
	line(out, "Recorded vulnerabilities",
		d->c.flags[RD_VULNERABLE] ? "flagged as vulnerable; see the messages" : "",
		"none recorded");
	line(out, "Flags", joined(d, flags, n), "none");
	line(out, "About", joined(d, (const char *const *)d->c.topics, d->c.n_topics),
		"no topic is known");
	if (known) {
		line(out, "Address of the home", in_one_line(d, r.address), "not known");
		line(out, "Tenure", r.tenure, "not known");
		line(out, "Adjustments agreed, as the contacts file tells them now",
			in_one_line(d, r.adjustments), "none");
	}
	fputs("</tbody></table>\n", out);
	not_held(out, GAP_HOME);
	static const char *const consent[] = { "consent", NULL };
	if (!print_acts(d, consent, out))
		not_held(out, GAP_REPRESENTATIVE);
	if (!known || r.adjustments[0] == '\0')
		not_held(out, GAP_ADJUSTMENTS);
}

static void print_definition(struct rd_dossier *d, FILE *out)
{
	part(out, 2, "What the complaint is, and what is sought");
	fputs("<table><tbody>\n", out);
	line(out, "Definition at stage 1", rd_dossier_words(d, d->c.definition),
		"no person has confirmed one");
	line(out, "Outcome sought", rd_dossier_words(d, d->c.outcome), "not known");
	line(out, "The landlord says it answers for",
		d->live != NULL ? d->live->landlord.responsible : "", "not known");
	line(out, "And not for", d->live != NULL ? d->live->landlord.not_responsible : "",
		"not known");
	fputs("</tbody></table>\n", out);
	static const char *const stage2[] = { "escalated", "accepted", "refused", NULL };
	if (!print_acts(d, stage2, out))
		not_held(out, GAP_STAGE2);
}

static void print_chronology(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "No.", "When", "Direction", "By", "From", "To", "What",
		"Document", NULL };

	part(out, 3, "Chronology");
	begin_table(out, heads);
	for (size_t i = 0; i < d->n_events; i++) {
		const struct rd_dossier_event *e = &d->events[i];
		char at[RD_INSTANT_MAX];

		fprintf(out, "<tr><td>%zu</td>", i + 1);
		rd_html_element(out, "td", rd_instant_format(e->at_ms, at));
		rd_html_element(out, "td", e->direction);
		rd_html_element(out, "td", e->channel);
		rd_html_element(out, "td", e->from);
		rd_html_element(out, "td", e->to);
		rd_html_element(out, "td", rd_dossier_words(d, e->summary));
		link_to(out, e->file);
		fputs("</tr>\n", out);
	}
	end_table(out);
}

/* By how many days a date was missed, of those that are known. */
static const char *late_by(struct rd_dossier *d, const struct rd_case_clock *clock)
{
	const int64_t at = clock->met_ms != 0 ? clock->met_ms : d->made_ms;
	int days;

	if (!rd_date_is_set(clock->due) || (clock->met_ms == 0 && clock->cancelled_ms != 0))
		return "";
	days = rd_date_days_between(clock->due, rd_date_of(at));
	if (days <= 0)
		return clock->met_ms != 0 ? "in time" : "not due yet";
	return rd_arena_printf(d->desk->arena, "%d calendar day%s%s", days, days == 1 ? "" : "s",
		clock->met_ms != 0 ? "" : ", and not met");
}

static void print_clocks(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "Clock", "Starts", "Due", "Met", "Late by",
		"Cancelled", "Clause", NULL };

	part(out, 4, "Clock sheet");
	rd_html_element(out, "p",
		d->live != NULL
			? rd_arena_printf(d->desk->arena,
				  "Days are London days; working days are those of %s; the day on "
				  "which a clock starts is day zero.",
				  rd_nation_names[d->live->landlord.nation])
			: "Days are London days; the day on which a clock starts is day zero.");
	begin_table(out, heads);
	for (size_t i = 0; i < d->n_clocks; i++) {
		const struct rd_case_clock *c = &d->clocks[i];
		char day[RD_LONG_DATE_MAX], at[RD_INSTANT_MAX];

		fputs("<tr>", out);
		rd_html_element(out, "th scope=\"row\"", c->name);
		rd_html_element(out, "td", day_of(c->starts, day));
		rd_html_element(
			out, "td", c->due_ms != 0 ? instant(c->due_ms, at) : day_of(c->due, day));
		rd_html_element(out, "td", instant(c->met_ms, at));
		rd_html_element(out, "td", late_by(d, c));
		rd_html_element(out, "td", instant(c->cancelled_ms, at));
		rd_html_element(out, "td", c->source);
		fputs("</tr>\n", out);
	}
	end_table(out);
}

/* Attachments and pictures, with the hash of each. */
static void print_attached(const struct rd_message *message, FILE *out)
{
	char hex[2 * RD_SHA256_BYTES + 1];

	for (size_t i = 0; i < message->n_parts; i++) {
		const struct rd_part *p = &message->parts[i];

		for (size_t k = 0; k < RD_SHA256_BYTES; k++)
			snprintf(hex + 2 * k, 3, "%02x", p->sha256[k]);
		fputs("<p>Attached: ", out);
		rd_html_words(out, p->name[0] != '\0' ? p->name : "(no name)");
		fputs(", ", out);
		rd_html_words(out, p->type);
		fprintf(out, ", %" PRIu64 " bytes, SHA-256 <code>%s</code> (inside the mail)</p>\n",
			p->size_bytes, hex);
	}
}

/* Told by whoever has the page printed; the first one counts. */
static bool is_read(struct rd_dossier *d, enum rd_rc rc, const struct rd_err *err)
{
	if (rc != RD_OK && d->trouble.code == RD_OK) {
		d->trouble = *err;
		d->trouble.code = rc;
	}
	return rc == RD_OK;
}

static void print_pictures(struct rd_dossier *d, int64_t id, FILE *out)
{
	const char *prefix = rd_arena_printf(d->desk->arena, "pictures/%06" PRId64 "-", id);
	struct rd_text_media *items;
	struct rd_err err = { 0 };
	size_t n = 0;

	RD_ASSERT(prefix != NULL);
	for (size_t i = 0; i < d->pack->n_files; i++) {
		const struct rd_pack_file *f = &d->pack->files[i];

		if (strncmp(f->path, prefix, strlen(prefix)) != 0)
			continue;
		fputs("<p>Picture: <a href=\"", out);
		rd_html_words(out, f->path);
		fputs("\">", out);
		rd_html_words(out, f->path);
		fprintf(out, "</a>, %" PRIu64 " bytes, SHA-256 <code>%s</code></p>\n", f->bytes,
			f->sha256);
	}
	const enum rd_rc rc =
		rd_text_media_list(d->desk->desk.db, id, d->desk->arena, &items, &n, &err);
	if (!is_read(d, rc, &err))
		return;
	for (size_t i = 0; i < n; i++)
		if (strcmp(items[i].state, "kept") != 0)
			fprintf(out,
				"<p class=\"not\"><b>Not held.</b> Picture %d: it was not "
				"fetched from the provider, or was erased.</p>\n",
				items[i].place);
}

static void print_message(struct rd_dossier *d, const struct rd_dossier_message *m, FILE *out)
{
	struct rd_message message = { 0 };
	struct rd_score score = { 0 };
	struct rd_message_row row;
	struct rd_err err = { 0 };
	const char *ruleset;
	char at[RD_INSTANT_MAX];
	bool erased = false;

	if (!is_read(d, rd_queue_show(d->desk->desk.db, m->id, d->desk->arena, &row, &err), &err))
		return;
	fprintf(out, "<h3>Message %" PRId64 ", %s, ", m->id,
		row.channel == RD_CHANNEL_EMAIL ? "e-mail" : "text message");
	rd_html_words(out, instant(row.received_ms, at));
	fputs("</h3>\n", out);
	if (m->file == NULL) {
		fputs("<p class=\"not\"><b>Not held.</b> Its words were erased.</p>\n", out);
		return;
	}
	fputs("<p>As it came: <a href=\"", out);
	rd_html_words(out, m->file->path);
	fputs("\">", out);
	rd_html_words(out, m->file->path);
	fprintf(out, "</a>, %" PRIu64 " bytes, SHA-256 <code>%s</code></p>\n", m->file->bytes,
		m->file->sha256);
	if (m->read) {
		const enum rd_rc rc = rd_reading_get(d->desk->desk.db, m->id, d->desk->arena,
			&message, &score, &ruleset, &erased, &err);

		if (!is_read(d, rc, &err))
			return;
		fputs("<pre>", out);
		if (message.subject_len != 0) {
			fputs("Subject: ", out);
			rd_html_words_len(out, message.subject, message.subject_len);
			fputs("\n\n", out);
		}
		rd_html_words_len(out, message.body, message.body_len);
		fputs("</pre>\n", out);
		print_attached(&message, out);
	} else {
		fputs("<p>It was not read by itself: another text was read together with it, or "
		      "a machine could not read it. The file holds it as it came.</p>\n",
			out);
	}
	print_pictures(d, m->id, out);
}

static void print_messages(struct rd_dossier *d, FILE *out)
{
	part(out, 5, "Every message as it came");
	if (d->n_messages == 0)
		fputs("<p>None: staff opened the case.</p>\n", out);
	for (size_t i = 0; i < d->n_messages; i++)
		print_message(d, &d->messages[i], out);
}

static void print_notes(struct rd_dossier *d, FILE *out)
{
	part(out, 6, "Notes of calls and visits");
	for (size_t i = 0; i < d->n_notes; i++) {
		char at[RD_INSTANT_MAX];

		fputs("<h3>", out);
		rd_html_words(out, instant(d->notes[i].at_ms, at));
		fputs(", ", out);
		rd_html_words(out, d->notes[i].by);
		fputs("</h3>\n", out);
		rd_html_element(out, "pre", rd_dossier_words(d, d->notes[i].text));
	}
	not_held(out, GAP_CALLS);
}

static void print_work(struct rd_dossier *d, FILE *out)
{
	part(out, 7, "Service requests and repair jobs");
	if (d->grew)
		fputs("<p>This complaint grew out of an earlier case. That is a case of its own "
		      "and is not in this pack; export it apart where it is asked for.</p>\n",
			out);
	not_held(out, GAP_JOBS);
	part(out, 8, "Surveys, inspections and reports");
	not_held(out, GAP_SURVEYS);
}

static void print_letters(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "Letter", "To", "Written for", "State", "Sent",
		"Receipt", "Version", "File", NULL };

	part(out, 9, "Letters as sent, with receipts");
	begin_table(out, heads);
	for (size_t i = 0; i < d->n_letters; i++) {
		const struct rd_outbox_row *l = &d->letters[i];
		char day[RD_LONG_DATE_MAX], at[RD_INSTANT_MAX];
		const char *receipt = l->delivery;

		if (l->delivery_ms != 0)
			receipt = rd_arena_printf(
				d->desk->arena, "%s %s", l->delivery, instant(l->delivery_ms, at));
		fputs("<tr>", out);
		rd_html_element(out, "th scope=\"row\"", l->letter);
		rd_html_element(out, "td", l->recipient[0] != '\0' ? l->recipient : "erased");
		rd_html_element(out, "td", day_of(l->written_for, day));
		rd_html_element(out, "td", rd_outbox_state_names[l->state]);
		rd_html_element(out, "td", instant(l->sent_ms, at));
		rd_html_element(out, "td", receipt[0] != '\0' ? receipt : "none came");
		rd_html_element(out, "td", l->letter_version);
		link_to(out, d->letter_files[i]);
		fputs("</tr>\n", out);
	}
	end_table(out);
}

static void print_hit(
	struct rd_dossier *d, const struct rd_message *message, const struct rd_hit *hit, FILE *out)
{
	fputs("<tr>", out);
	rd_html_element(out, "td", hit->rule);
	rd_html_element(out, "td", hit->means);
	fprintf(out, "<td class=\"n\">%+g</td>", round(hit->points * 1000) / 1000);
	rd_html_element(out, "td", rd_ctl_hit_words(message, hit, d->desk->arena));
	rd_html_element(out, "td", hit->place);
	fputs("</tr>\n", out);
}

static void print_decision(struct rd_dossier *d, const struct rd_dossier_message *m, FILE *out)
{
	static const char *const heads[] = { "Rule", "Means", "Points", "Words", "Where it stands",
		NULL };
	struct rd_message message;
	struct rd_score score;
	struct rd_err err = { 0 };
	const char *ruleset;
	bool erased = false;

	const enum rd_rc rc = rd_reading_get(
		d->desk->desk.db, m->id, d->desk->arena, &message, &score, &ruleset, &erased, &err);
	if (rc == RD_E_MISSING || !is_read(d, rc, &err))
		return;
	fprintf(out, "<h3>Message %" PRId64 "</h3>\n<p>Taken for ", m->id);
	rd_html_words(out, rd_kind_words[score.kind]);
	fprintf(out, "%s: %g points for a complaint; none below %g, one from %g. Rule set <code>",
		score.review ? ", for a person to decide" : "", round(score.total * 1000) / 1000,
		score.request_below, score.complaint_from);
	rd_html_words(out, ruleset);
	fputs("</code>.</p>\n", out);
	for (size_t i = 0; i < score.n_review_reasons; i++)
		rd_html_element(out, "p", score.review_reasons[i]);
	begin_table(out, heads);
	for (size_t i = 0; i < score.n_hits; i++)
		print_hit(d, &message, &score.hits[i], out);
	end_table(out);
}

static void print_decisions(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "When", "By", "Taken for", "Is", "Why", NULL };

	part(out, 10, "Decisions, and the policy in force");
	rd_html_element(out, "p",
		d->policy.version[0] != '\0'
			? rd_arena_printf(d->desk->arena,
				  "The case opened under the policy's version %s, of rule set %s.",
				  d->policy.version, d->policy.ruleset)
			: "The case was opened before the policy's version was kept.");
	for (size_t i = 0; i < d->n_messages; i++)
		if (d->messages[i].read)
			print_decision(d, &d->messages[i], out);
	if (d->n_labels > 0) {
		rd_html_element(out, "h3", "What people decided");
		begin_table(out, heads);
	}
	for (size_t i = 0; i < d->n_labels; i++) {
		const struct rd_label *l = &d->labels[i];
		char at[RD_INSTANT_MAX];

		fputs("<tr>", out);
		rd_html_element(out, "td", instant(l->at_ms, at));
		rd_html_element(out, "td", l->by);
		rd_html_element(out, "td", rd_kind_names[l->was]);
		rd_html_element(out, "td", rd_kind_names[l->kind]);
		rd_html_element(out, "td", rd_dossier_words(d, l->why));
		fputs("</tr>\n", out);
	}
	if (d->n_labels > 0)
		end_table(out);
	rd_html_element(out, "h3", "What was done");
	rd_html_element(out, "p",
		"Who was assigned, answered and reviewed, in order: a reviewer of stage 2 was "
		"refused by the gateway where they were at stage 1.");
	if (!print_acts(d, NULL, out))
		fputs("<p>Nothing was recorded.</p>\n", out);
	not_held(out, GAP_DECISION);
}

/* What the Ombudsman decided before about this case, and whether it was complied with. */
static void print_decrees(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "The Ombudsman", "Of", "To be done by", "Done",
		"Pounds", "Text", "How", NULL };

	if (d->n_decrees > 0)
		begin_table(out, heads);
	for (size_t i = 0; i < d->n_decrees; i++) {
		const struct rd_decree *e = &d->decrees[i];
		char of[RD_LONG_DATE_MAX], due[RD_LONG_DATE_MAX], done[RD_LONG_DATE_MAX];

		fputs("<tr>", out);
		rd_html_element(out, "td", rd_decree_words(e));
		rd_html_element(out, "td", day_of(e->day, of));
		rd_html_element(out, "td", day_of(e->due, due));
		rd_html_element(out, "td", day_of(e->done, done));
		if (e->pence != 0)
			fprintf(out, "<td class=\"n\">%" PRId64 ".%02" PRId64 "</td>",
				e->pence / 100, e->pence % 100);
		else
			rd_html_element(out, "td", "");
		rd_html_element(out, "td", rd_dossier_words(d, e->words));
		rd_html_element(out, "td", rd_dossier_words(d, e->how));
		fputs("</tr>\n", out);
	}
	if (d->n_decrees > 0)
		end_table(out);
}

static void print_remedies(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "Task", "Due", "Done", "By", "How", NULL };

	static const char *const remedies[] = { "compensation", NULL };
	static const char *const promised[] = { "Promised", "Owner", "Due", "Done", "By", "How",
		NULL };

	part(out, 11, "Remedies and actions");
	(void)print_acts(d, remedies, out);
	if (d->n_actions > 0)
		begin_table(out, promised);
	for (size_t i = 0; i < d->n_actions; i++) {
		const struct rd_case_action *a = &d->actions[i];
		char day[RD_LONG_DATE_MAX], at[RD_INSTANT_MAX];

		fputs("<tr>", out);
		rd_html_element(out, "td", rd_dossier_words(d, a->words));
		rd_html_element(out, "td", a->owner);
		rd_html_element(out, "td", day_of(a->due, day));
		rd_html_element(out, "td", instant(a->done_ms, at));
		rd_html_element(out, "td", a->done_by);
		rd_html_element(out, "td", rd_dossier_words(d, a->how));
		fputs("</tr>\n", out);
	}
	if (d->n_actions > 0)
		end_table(out);
	print_decrees(d, out);
	not_held(out, GAP_REMEDIES);
	if (d->n_tasks == 0)
		return;
	rd_html_element(out, "p", "What people owed on the case:");
	begin_table(out, heads);
	for (size_t i = 0; i < d->n_tasks; i++) {
		const struct rd_task *t = &d->tasks[i];
		char day[RD_LONG_DATE_MAX], at[RD_INSTANT_MAX];

		fputs("<tr>", out);
		rd_html_element(out, "td", rd_dossier_words(d, t->text));
		rd_html_element(out, "td", day_of(t->due, day));
		rd_html_element(out, "td", instant(t->done_ms, at));
		rd_html_element(out, "td", t->done_by);
		rd_html_element(out, "td", rd_dossier_words(d, t->done_how));
		fputs("</tr>\n", out);
	}
	end_table(out);
}

static void print_index(struct rd_dossier *d, FILE *out)
{
	static const char *const heads[] = { "File", "What", "Bytes", "SHA-256", NULL };

	part(out, 12, "Tenancy, policies, refusals");
	if (d->policy.profile != NULL)
		rd_html_element(out, "p",
			rd_arena_printf(d->desk->arena,
				"The policy as the gateway kept it for this case: "
				"policy/%s.landlord.",
				d->c.landlord));
	not_held(out, GAP_TENANCY);
	static const char *const refusals[] = { "excluded", "refused", "restricted",
		"restriction_lifted", NULL };
	if (!print_acts(d, refusals, out))
		not_held(out, GAP_REFUSALS);
	part(out, 13, "Index, redactions and gaps");
	rd_html_element(out, "p",
		"`sha256sum -c SHA256SUMS` in this folder checks every file against its hash.");
	begin_table(out, heads);
	for (size_t i = 0; i < d->pack->n_files; i++) {
		const struct rd_pack_file *f = &d->pack->files[i];

		fputs("<tr>", out);
		link_to(out, f->path);
		rd_html_element(out, "td", f->what);
		fprintf(out, "<td class=\"n\">%" PRIu64 "</td><td><code>%s</code></td></tr>\n",
			f->bytes, f->sha256);
	}
	end_table(out);
	rd_html_element(out, "p",
		d->n_blacked == 0
			? "Redactions: none."
			: rd_arena_printf(d->desk->arena,
				  "Redactions: references to other cases in staff's words and "
				  "subjects, %zu place%s, read [another case].",
				  d->n_blacked, d->n_blacked == 1 ? "" : "s"));
	if (d->n_audit == RD_DOSSIER_AUDIT_MAX)
		fprintf(out, "<p>The audit has more rows than the first %d that stand here.</p>\n",
			RD_DOSSIER_AUDIT_MAX);
	fputs("<ul>\n", out);
	if (d->n_erased != 0)
		fprintf(out, "<li>%zu message%s: the words were erased</li>\n", d->n_erased,
			d->n_erased == 1 ? "" : "s");
	for (size_t i = 0; i < N_GAPS; i++) {
		if (i == GAP_REPRESENTATIVE || i == GAP_ADJUSTMENTS || i == GAP_STAGE2 ||
			i == GAP_REFUSALS)
			continue; /* told in their parts, where nothing was recorded */
		fputs("<li>", out);
		rd_html_words(out, gaps[i].what);
		fputs(": ", out);
		rd_html_words(out, gaps[i].why);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

void rd_dossier_print_page(struct rd_dossier *d, FILE *out)
{
	const char *title = rd_arena_printf(d->desk->arena, "Case %s", d->c.reference);
	char at[RD_INSTANT_MAX];

	rd_html_begin(out, title);
	rd_html_element(out, "h1", title);
	fputs("<p>Made ", out);
	rd_html_words(out, rd_instant_format(d->made_ms, at));
	fputs(". It holds one case whole and nothing of any other.</p>\n", out);
	print_front(d, out);
	print_definition(d, out);
	print_chronology(d, out);
	print_clocks(d, out);
	print_messages(d, out);
	print_notes(d, out);
	print_work(d, out);
	print_letters(d, out);
	print_decisions(d, out);
	print_remedies(d, out);
	print_index(d, out);
	rd_html_end(out);
}
