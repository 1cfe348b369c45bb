/* person export, person erase, case legal-hold: what data-protection law lets people ask for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "desk.h"
#include "dossier.h"
#include "html.h"
#include "print.h"
#include "redress/base/file.h"
#include "redress/gateway/erasing.h"
#include "redress/message/sms.h"
#include "redress/store/contact.h"
#include "redress/store/queue.h"
#include "resident_print.h"

#define NAMES_BYTES_MAX (32u << 20)

/* An address as it is, a number as the store keeps it. */
static enum rd_rc contact_of(const char *word, char number[static RD_PHONE_MAX],
	const char **ret_contact, struct rd_err *err)
{
	*ret_contact = word;
	if (strchr(word, '@') != NULL)
		return RD_OK;
	if (!rd_phone_canonical(word, number))
		return rd_fail(err, RD_E_INPUT,
			"`%.80s` is neither an e-mail address nor a telephone number", word);
	*ret_contact = number;
	return RD_OK;
}

/* --- export --- */

struct exported {
	struct rd_ctl_desk *desk;
	const char *contact;
	struct rd_erasing found;
	struct rd_pack pack;
	bool opted_out;
	size_t n_whole; /* cases written */
};

static void print_told(FILE *out, const char *what, const char *words)
{
	if (words[0] == '\0')
		return;
	fprintf(out, "<li>%s: ", what);
	rd_html_words(out, words);
	fputs("</li>\n", out);
}

/* One who shares the address may be somebody else: only what holds for all of them. */
static void print_residents(const struct exported *x, FILE *out)
{
	struct rd_resident r;
	char day[RD_DATE_MAX];

	if (x->found.n_residents == 0)
		return;
	r = rd_resident_of_all(x->found.residents, x->found.n_residents, x->desk->arena);
	fputs("<h2>From the landlord's contacts file</h2>\n<ul>\n", out);
	if (x->found.n_residents > 1) {
		r.adjustments = r.restrictions = "";
		r.restrictions_until = (struct rd_date){ 0 };
		fprintf(out,
			"<li>%zu residents have this address or number; what is theirs apart "
			"(redressctl contacts show) is left out here.</li>\n",
			x->found.n_residents);
	}
	print_told(out, "Name", r.name);
	print_told(out, "Reference", r.reference);
	print_told(out, "E-mail address", r.email);
	print_told(out, "Telephone number", r.phone);
	print_told(out, "Address", r.address);
	print_told(out, "Prefers", rd_prefers_names[r.prefers]);
	print_told(out, "Language", r.language);
	print_told(out, "Tenure", r.tenure);
	print_told(out, "Adjustments", r.adjustments);
	print_told(out, "Restrictions", r.restrictions);
	if (rd_date_is_set(r.restrictions_until))
		print_told(out, "Looked at again on", rd_date_format(r.restrictions_until, day));
	fputs("</ul>\n", out);
}

static void print_index(struct exported *x, FILE *out)
{
	rd_html_begin(out, "What is held about a person");
	rd_html_element(out, "h1", "What is held about a person");
	fputs("<p>Asked for: ", out);
	rd_html_words(out, x->contact);
	fprintf(out, "</p>\n<p>%s</p>\n<h2>Cases</h2>\n<ul>\n",
		!x->opted_out ? "It has not said that no letters or texts may go to it."
		: strchr(x->contact, '@') != NULL
			? "No automatic letters go to this address: it called one spam."
			: "No texts go to this number: it said STOP.");
	for (size_t i = 0; i < x->found.n_cases; i++) {
		const struct rd_person_case *c = &x->found.cases[i];
		const char *reference = rd_ctl_reference(x->desk, c->id);

		fputs("<li>", out);
		if (c->main && !c->erased)
			fprintf(out, "<a href=\"%s/index.html\">%s</a>", reference, reference);
		else
			fputs(c->main ? "A case whose words were erased."
				      : "Somebody else's case, on which this contact or a message "
					"from it stands, or whose letters went to it too: only the "
					"messages below are this person's.",
				out);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
	print_residents(x, out);
	fputs("<h2>Messages that stand on no case of theirs</h2>\n<ul>\n", out);
	for (size_t i = 0; i < x->pack.n_files; i++) {
		fputs("<li><a href=\"", out);
		rd_html_words(out, x->pack.files[i].path);
		fputs("\">", out);
		rd_html_words(out, x->pack.files[i].path);
		fputs("</a></li>\n", out);
	}
	fputs("</ul>\n", out);
	rd_html_end(out);
}

static enum rd_rc put_index(struct exported *x, struct rd_err *err)
{
	char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);

	RD_ASSERT(out != NULL);
	print_index(x, out);
	if (fclose(out) != 0) {
		free(data);
		return rd_fail(err, RD_E_AGAIN, "the index could not be made");
	}
	enum rd_rc rc = rd_pack_put(&x->pack, "index.html", "this page", data, len, NULL, err);
	free(data);
	return rc;
}

static enum rd_rc put_messages(struct exported *x, struct rd_err *err)
{
	struct rd_message_row row;

	for (size_t i = 0; i < x->found.n_messages; i++) {
		const int64_t id = x->found.messages[i];

		RD_TRY(rd_queue_show(x->desk->desk.db, id, x->desk->arena, &row, err));
		RD_TRY(rd_dossier_put_raw(x->desk->desk.db, &x->pack, id,
			rd_arena_printf(x->pack.arena, "messages/%06" PRId64 ".%s", id,
				row.channel == RD_CHANNEL_EMAIL ? "eml" : "txt"),
			NULL, err));
	}
	return RD_OK;
}

static enum rd_rc put_cases(struct exported *x, struct rd_err *err)
{
	for (size_t i = 0; i < x->found.n_cases; i++) {
		const struct rd_person_case *c = &x->found.cases[i];
		const struct rd_arena_mark mark = rd_arena_mark(x->desk->arena);
		struct rd_dossier_sums sums;
		char dir[RD_PATH_BYTES_MAX];

		if (!c->main || c->erased)
			continue;
		const int n = snprintf(
			dir, sizeof dir, "%s/%s", x->pack.dir, rd_ctl_reference(x->desk, c->id));
		if (n < 0 || (size_t)n >= sizeof dir)
			return rd_fail(err, RD_E_INPUT, "%s: too long a path", x->pack.dir);
		RD_TRY(rd_dossier_write(x->desk, c->id, dir, &sums, err));
		rd_arena_back_to(x->desk->arena, mark);
		x->n_whole++;
	}
	return RD_OK;
}

static enum rd_rc export_person(
	struct exported *x, const char *dir, struct rd_arena *names, struct rd_err *err)
{
	RD_TRY(rd_erasing_look(x->desk->desk.db, &x->desk->desk.office, x->contact, x->desk->arena,
		&x->found, err));
	if (x->found.n_cases == 0 && x->found.n_messages == 0 && x->found.n_residents == 0)
		return rd_fail(err, RD_E_MISSING, "nothing is held about %.200s", x->contact);
	RD_TRY(rd_contact_opted_out(x->desk->desk.db, x->contact, &x->opted_out, err));
	RD_TRY(rd_pack_begin(&x->pack, dir, names, err));
	RD_TRY(rd_pack_folder(&x->pack, "messages", err));
	RD_TRY(put_messages(x, err));
	RD_TRY(put_cases(x, err));
	RD_TRY(put_index(x, err));
	return rd_pack_finish(&x->pack, err);
}

static void end_export(struct exported *x)
{
	rd_pack_end(&x->pack);
}

enum rd_exit rd_ctl_person_export(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *names = rd_arena_new(NAMES_BYTES_MAX);
	RD_CLEANUP(end_export) struct exported x = { .desk = &desk };
	char number[RD_PHONE_MAX];
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1)
		if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	if (optind + 2 != argc)
		return rd_ctl_usage(ctl);
	if (contact_of(argv[optind], number, &x.contact, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		export_person(&x, argv[optind + 1], names, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json) {
		rd_json_print(json_pack("{s:s,s:I,s:I}", "dir", argv[optind + 1], "cases",
			(json_int_t)x.n_whole, "messages", (json_int_t)x.found.n_messages));
		return RD_EXIT_DONE;
	}
	printf("%s holds %zu case%s and %zu message%s that stand%s on none; open index.html in a "
	       "browser.\n",
		argv[optind + 1], x.n_whole, x.n_whole == 1 ? "" : "s", x.found.n_messages,
		x.found.n_messages == 1 ? "" : "s", x.found.n_messages == 1 ? "s" : "");
	puts("It holds what staff and others wrote too: look through it before you hand it over.");
	return RD_EXIT_DONE;
}

/* --- erase --- */

static void print_erased_json(struct rd_ctl_desk *desk, const struct rd_erasing *e, bool dry_run)
{
	json_t *cases = json_array();

	for (size_t i = 0; i < e->n_cases; i++)
		json_array_append_new(cases,
			json_pack("{s:s,s:b,s:b}", "ref", rd_ctl_reference(desk, e->cases[i].id),
				"whole", e->cases[i].main, "erased_before", e->cases[i].erased));
	rd_json_print(json_pack("{s:b,s:o,s:I,s:I,s:o,s:{s:I,s:I,s:I,s:I,s:I}}", "dry_run", dry_run,
		"cases", cases, "messages", (json_int_t)e->n_messages, "residents",
		(json_int_t)e->n_residents, "obstacles",
		rd_json_words(e->obstacles, e->n_obstacles), "erased", "cases",
		(json_int_t)e->n_emptied_cases, "messages", (json_int_t)e->n_emptied_messages,
		"letters", (json_int_t)e->n_emptied_letters, "pictures",
		(json_int_t)e->n_emptied_pictures, "residents",
		(json_int_t)e->n_emptied_residents));
}

/* Who else they are known as is another contact, with cases of its own. */
static void print_resident(const struct rd_resident *r)
{
	printf("  what the contacts file tells of %s", r->name[0] != '\0' ? r->name : "them");
	if (r->email[0] != '\0' && r->phone[0] != '\0')
		printf("; known as %s and as %s: erase both", r->email, r->phone);
	putchar('\n');
}

static void print_plan(struct rd_ctl_desk *desk, const struct rd_erasing *e)
{
	for (size_t i = 0; i < e->n_cases; i++)
		printf("  %s: %s\n", rd_ctl_reference(desk, e->cases[i].id),
			e->cases[i].erased ? "erased already"
			: e->cases[i].main
				? "all words: messages, letters, notes, contacts"
				: "another person's case: this contact and what it sent");
	printf("  %zu message%s that stand%s on none of their cases\n", e->n_messages,
		e->n_messages == 1 ? "" : "s", e->n_messages == 1 ? "s" : "");
	if (e->n_residents == 1)
		print_resident(&e->residents[0]);
	else if (e->n_residents > 1)
		printf("  %zu residents of the contacts file share this: it is taken from each of "
		       "them, and the rest of each stays\n",
			e->n_residents);
	for (size_t i = 0; i < e->n_obstacles; i++)
		printf("  in the way: %s\n", e->obstacles[i]);
}

static void print_done(const struct rd_erasing *e)
{
	printf("Erased: the words of %" PRId64 " case%s, %" PRId64 " message%s, %" PRId64
	       " letter%s and %" PRId64 " picture%s.\n",
		e->n_emptied_cases, e->n_emptied_cases == 1 ? "" : "s", e->n_emptied_messages,
		e->n_emptied_messages == 1 ? "" : "s", e->n_emptied_letters,
		e->n_emptied_letters == 1 ? "" : "s", e->n_emptied_pictures,
		e->n_emptied_pictures == 1 ? "" : "s");
	if (e->n_emptied_residents == 1)
		puts("What the contacts file told of them went too; the next file does not bring "
		     "it back.");
	else if (e->n_emptied_residents > 1)
		puts("Several residents share that address or number: it was taken from each. Take "
		     "whoever asked out of the contacts file.");
	puts("Not reached from here: mail that lies in the mailbox still, copies with the mail "
	     "server and the provider of texts, and backups. Keep the file that ends in .erased "
	     "beside the store: a restore erases again by it.");
}

enum rd_exit rd_ctl_person_erase(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "dry-run", no_argument, NULL, 'd' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct rd_erasing e = { 0 };
	char number[RD_PHONE_MAX];
	const char *contact = NULL;
	struct rd_err err = { 0 };
	bool dry_run = false;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'd')
			dry_run = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	if (contact_of(argv[optind], number, &contact, &err) != RD_OK ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_erasing_look(desk.desk.db, &desk.desk.office, contact, desk.arena, &e, &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	if (e.n_cases == 0 && e.n_messages == 0 && e.n_waiting == 0 && e.n_residents == 0)
		return rd_ctl_complain("nothing is held about %.200s", contact);
	if (!dry_run && e.n_obstacles > 0 && !ctl->json)
		print_plan(&desk, &e);
	if (!dry_run && rd_erasing_run(desk.desk.db, &desk.desk.office, contact, &e, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (ctl->json)
		print_erased_json(&desk, &e, dry_run);
	else if (dry_run)
		print_plan(&desk, &e);
	else
		print_done(&e);
	return e.n_obstacles > 0 ? RD_EXIT_FOUND : RD_EXIT_DONE;
}

/* --- legal hold --- */

enum rd_exit rd_ctl_case_legal_hold(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "why", required_argument, NULL, 'w' },
		{ "end", no_argument, NULL, 'e' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *why = NULL, *reference;
	struct rd_err err = { 0 };
	bool end = false;
	int64_t id = 0;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'w')
			why = optarg;
		else if (option == 'e')
			end = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		rd_ctl_case(&desk, argv[optind], &id, &err) != RD_OK ||
		(end ? rd_act_end_legal_hold(desk.desk.db, &desk.desk.office, id, why, &err)
		     : rd_act_legal_hold(desk.desk.db, &desk.desk.office, id, why, &err)) != RD_OK)
		return rd_ctl_fail(&err);
	reference = rd_ctl_reference(&desk, id);
	if (ctl->json)
		rd_json_print(json_pack("{s:s}", "ref", reference));
	else
		printf("%s: %s\n", reference,
			end ? "no longer kept for legal reasons"
			    : "kept for legal reasons; nothing of it is erased until you end that");
	return RD_EXIT_DONE;
}
