/* case open, acknowledge, define, contact, reclassify, note, close, lift-hold: what staff do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "case_acts.h"
#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/base/stanza.h"
#include "redress/gateway/acts.h"
#include "redress/store/tasks.h"

/* The options of all of these commands; each takes those that its usage names. */
enum act_option {
	OPT_LANDLORD = 1,
	OPT_KIND,
	OPT_CHANNEL,
	OPT_CONTACT,
	OPT_NAME,
	OPT_RECEIVED,
	OPT_OUTCOME,
	OPT_SUBJECT,
	OPT_TOPIC,
	OPT_FLAG,
	OPT_DEFINITION,
	OPT_WHY,
	OPT_TEXT,
	OPT_GIVEN,
	OPT_ADDRESS,
	OPT_ABOUT,
	OPT_FORCE,
	N_ACT_OPTIONS,
};

static const struct option act_options[] = { { "landlord", required_argument, NULL, OPT_LANDLORD },
	{ "kind", required_argument, NULL, OPT_KIND },
	{ "channel", required_argument, NULL, OPT_CHANNEL },
	{ "contact", required_argument, NULL, OPT_CONTACT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "received", required_argument, NULL, OPT_RECEIVED },
	{ "outcome", required_argument, NULL, OPT_OUTCOME },
	{ "subject", required_argument, NULL, OPT_SUBJECT },
	{ "topic", required_argument, NULL, OPT_TOPIC },
	{ "flag", required_argument, NULL, OPT_FLAG },
	{ "definition", required_argument, NULL, OPT_DEFINITION },
	{ "why", required_argument, NULL, OPT_WHY }, { "text", required_argument, NULL, OPT_TEXT },
	{ "given", required_argument, NULL, OPT_GIVEN },
	{ "address", required_argument, NULL, OPT_ADDRESS },
	{ "about", required_argument, NULL, OPT_ABOUT }, { "force", no_argument, NULL, OPT_FORCE },
	RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };

/* --- what came of it --- */

#define HOLD_LIFTED "hold lifted"

static enum rd_rc look_before(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_before *before, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = id };
	struct rd_outbox_row *letters;
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_outbox_list(desk->desk.db, &filter, desk->arena, &letters, &n, err));
	for (size_t i = 0; i < n; i++)
		if (letters[i].id > before->letter)
			before->letter = letters[i].id;
	RD_TRY(rd_task_list_case(desk->desk.db, id, desk->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].id > before->task)
			before->task = tasks[i].id;
	return RD_OK;
}

enum rd_rc rd_ctl_begin_act(struct rd_ctl *ctl, const char *reference, struct rd_ctl_desk *desk,
	int64_t *ret_case, struct rd_ctl_before *before, struct rd_err *err)
{
	RD_TRY(rd_ctl_open(ctl, desk, err));
	RD_TRY(rd_ctl_case(desk, reference, ret_case, err));
	return look_before(desk, *ret_case, before, err);
}

enum rd_rc rd_ctl_day(const char *word, struct rd_date *ret_day, struct rd_err *err)
{
	return word != NULL ? rd_date_parse(word, ret_day, err) : RD_OK;
}

enum rd_rc rd_ctl_word_of(const char *word, const char *const *names, const char *option,
	const char *choices, int *ret_place, struct rd_err *err)
{
	/* An empty name in a list stands for nothing said. */
	for (int i = 0; word != NULL && word[0] != '\0' && names[i] != NULL; i++)
		if (strcmp(names[i], word) == 0) {
			*ret_place = i;
			return RD_OK;
		}
	return rd_fail(err, RD_E_INPUT, "say with --%s one of %s", option, choices);
}

/* "letter 7, acknowledgement, by email: queued, written for Tue 24 Nov 2026" */
static void print_letter(const struct rd_outbox_row *row)
{
	char day[20];

	printf("  letter %" PRId64 ", %s, by %s: %s, written for %s%s%s%s%s\n", row->id,
		row->letter, row->channel == RD_CHANNEL_EMAIL ? "email" : "text",
		rd_outbox_state_names[row->state], rd_short_day(row->written_for, day),
		row->needs_approval ? "; it waits for approval (`redressctl outbox approve`)" : "",
		row->hold_reason[0] != '\0' ? " (" : "", row->hold_reason,
		row->hold_reason[0] != '\0' ? ")" : "");
}

static void print_task(const struct rd_task *task)
{
	char day[20];

	printf("  task %" PRId64 ", by %s: %s\n", task->id, rd_short_day(task->due, day),
		task->text);
}

/* After a lift: letters that were held stay so until each is let go, and what no letter did is
 * still a person's. */
static enum rd_rc print_what_waits(struct rd_ctl_desk *desk, int64_t id, struct rd_err *err)
{
	const enum rd_outbox_state held = RD_OUTBOX_HELD;
	const struct rd_outbox_filter filter = { .state = &held, .case_id = id };
	struct rd_outbox_row *letters;
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_outbox_list(desk->desk.db, &filter, desk->arena, &letters, &n, err));
	for (size_t i = 0; i < n; i++)
		printf("  letter %" PRId64 ", %s, is held still; let it go with `redressctl outbox "
		       "approve %" PRId64 "`, or cancel it\n",
			letters[i].id, letters[i].letter, letters[i].id);
	if (n == 0)
		puts("  no letter of this case waits; none goes by itself for what came before");
	RD_TRY(rd_task_list_case(desk->desk.db, id, desk->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0)
			print_task(&tasks[i]);
	return RD_OK;
}

static enum rd_rc print_what_came(struct rd_ctl_desk *desk, int64_t id,
	const struct rd_ctl_before *before, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = id };
	struct rd_outbox_row *letters;
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_outbox_list(desk->desk.db, &filter, desk->arena, &letters, &n, err));
	for (size_t i = 0; i < n; i++)
		if (letters[i].id > before->letter && letters[i].state != RD_OUTBOX_CANCELLED)
			print_letter(&letters[i]);
	RD_TRY(rd_task_list_case(desk->desk.db, id, desk->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].id > before->task && tasks[i].done_ms == 0)
			print_task(&tasks[i]);
	return RD_OK;
}

enum rd_exit rd_ctl_tell(const struct rd_ctl *ctl, struct rd_ctl_desk *desk, int64_t id,
	const struct rd_ctl_before *before, const char *sentence)
{
	const char *reference = rd_ctl_reference(desk, id);
	struct rd_err err = { 0 };

	if (ctl->json) {
		rd_json_print(json_pack("{s:s}", "ref", reference));
		return RD_EXIT_DONE;
	}
	printf("%s: %s\n", reference, sentence);
	if ((strcmp(sentence, HOLD_LIFTED) == 0 ? print_what_waits(desk, id, &err)
						: print_what_came(desk, id, before, &err)) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* --- open --- */

struct open_words {
	const char *of[N_ACT_OPTIONS]; /* behind each option that may stand once */
	const char *topics[RD_ACT_TOPICS_MAX];
	size_t n_topics;
	const char *about[RD_ACT_TOPICS_MAX];
	size_t n_about;
	bool flags[RD_N_FLAGS];
};

static bool take_one_more(const char **many, size_t *n, const char *what, enum rd_exit *ret_exit)
{
	if (*n == RD_ACT_TOPICS_MAX) {
		*ret_exit = rd_ctl_complain("more than %d %s", RD_ACT_TOPICS_MAX, what);
		return false;
	}
	many[(*n)++] = optarg;
	return true;
}

static bool take_word(struct open_words *words, int option, enum rd_exit *ret_exit)
{
	enum rd_flag flag;

	if (option == OPT_TOPIC)
		return take_one_more(words->topics, &words->n_topics, "topics", ret_exit);
	if (option == OPT_ABOUT)
		return take_one_more(words->about, &words->n_about, "people", ret_exit);
	if (option != OPT_FLAG) {
		words->of[option] = optarg;
		return true;
	}
	if (!rd_flag_parse(optarg, &flag)) {
		*ret_exit = rd_ctl_not_one_of(optarg, rd_flag_names);
		return false;
	}
	words->flags[flag] = true;
	return true;
}

static bool read_words(
	struct rd_ctl *ctl, int argc, char **argv, struct open_words *words, enum rd_exit *ret_exit)
{
	int option;

	while ((option = rd_ctl_next_option(argc, argv, act_options)) != -1) {
		if (option > 0 && option < N_ACT_OPTIONS &&
			rd_ctl_takes(ctl, act_options, option)) {
			if (!take_word(words, option, ret_exit))
				return false;
		} else if (!rd_ctl_option(ctl, option)) {
			*ret_exit = rd_ctl_usage(ctl);
			return false;
		}
	}
	if (optind == argc)
		return true;
	*ret_exit = rd_ctl_usage(ctl);
	return false;
}

static bool needs(const char *value, const char *option, enum rd_exit *ret_exit)
{
	if (value != NULL)
		return true;
	*ret_exit = rd_ctl_complain("--%s is missing", option);
	return false;
}

/* A mail or a text opens its own case; these are what a person takes in. */
static const char *const opening_channels[] = { "phone", "letter", "in_person", NULL };

static bool channel_of(const char *word, enum rd_case_channel *ret_channel)
{
	for (int i = 0; opening_channels[i] != NULL; i++)
		if (strcmp(opening_channels[i], word) == 0) {
			*ret_channel = (enum rd_case_channel)(RD_BY_PHONE + i);
			return true;
		}
	return false;
}

static enum rd_rc received_of(const char *word, int64_t now_ms, int64_t *ret_ms, struct rd_err *err)
{
	struct rd_date day;
	struct rd_err ignored = { 0 };

	*ret_ms = now_ms;
	if (word == NULL)
		return RD_OK;
	if (rd_date_parse(word, &day, &ignored) == RD_OK) {
		*ret_ms = rd_date_compare(day, rd_date_of(now_ms)) == 0 ? now_ms
									: rd_date_at_ms(day, 12, 0);
		return RD_OK;
	}
	return rd_instant_parse(word, ret_ms, err);
}

static bool is_landlord(
	const struct rd_ctl_desk *desk, const char *landlord, enum rd_exit *ret_exit)
{
	const char *names[RD_LIVE_LANDLORDS_MAX + 1] = { NULL };
	const size_t n = rd_config_landlords(desk->config, names);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], landlord) == 0)
			return true;
	*ret_exit = rd_ctl_not_one_of(landlord, names);
	return false;
}

enum rd_exit rd_ctl_case_open(struct rd_ctl *ctl, int argc, char **argv)
{
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	struct open_words words = { .n_topics = 0 };
	struct rd_act_open open = { .flags = words.flags };
	const struct rd_ctl_before nothing = { 0, 0 };
	struct rd_err err = { 0 };
	enum rd_exit exit_status = RD_EXIT_DONE;
	int64_t id = 0;

	if (!read_words(ctl, argc, argv, &words, &exit_status) ||
		!needs(words.of[OPT_KIND], "kind", &exit_status) ||
		!needs(words.of[OPT_CHANNEL], "channel", &exit_status))
		return exit_status;
	if (!rd_kind_parse(words.of[OPT_KIND], &open.kind))
		return rd_ctl_not_one_of(words.of[OPT_KIND], rd_kind_names);
	if (!channel_of(words.of[OPT_CHANNEL], &open.channel))
		return rd_ctl_not_one_of(words.of[OPT_CHANNEL], opening_channels);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		received_of(words.of[OPT_RECEIVED], rd_office_now(&desk.desk.office),
			&open.received_ms, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (words.of[OPT_LANDLORD] != NULL &&
		!is_landlord(&desk, words.of[OPT_LANDLORD], &exit_status))
		return exit_status;
	open.landlord =
		words.of[OPT_LANDLORD] != NULL ? words.of[OPT_LANDLORD] : desk.config->landlord;
	open.contact = words.of[OPT_CONTACT];
	open.name = words.of[OPT_NAME];
	open.topics = words.topics;
	open.n_topics = words.n_topics;
	open.about = words.about;
	open.n_about = words.n_about;
	open.outcome = words.of[OPT_OUTCOME];
	open.subject = words.of[OPT_SUBJECT];
	if (rd_act_open(desk.desk.db, &desk.desk.office, &open, &id, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return rd_ctl_tell(ctl, &desk, id, &nothing, "opened");
}

/* --- acts on one case --- */

static const struct rd_ctl_act_options acts = { act_options, OPT_TOPIC, "topics" };

static enum rd_rc acknowledge(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	struct rd_act_acknowledge how = {
		.topics = words->many, .n_topics = words->n_many, .outcome = words->of[OPT_OUTCOME]
	};

	RD_TRY(rd_ctl_day(words->of[OPT_GIVEN], &how.given_on, err));
	if (words->of[OPT_GIVEN] != NULL)
		words->sentence = "acknowledged in another way; recorded";
	return rd_act_acknowledge(desk->desk.db, &desk->desk.office, id, &how, err);
}

static enum rd_rc define(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_define(desk->desk.db, &desk->desk.office, id, words->of[OPT_DEFINITION],
		words->of[OPT_OUTCOME], err);
}

static enum rd_rc kind_of(const char *word, enum rd_kind *ret_kind, struct rd_err *err)
{
	const char *near = NULL;

	if (word != NULL && rd_kind_parse(word, ret_kind))
		return RD_OK;
	if (word != NULL)
		near = rd_did_you_mean(word, rd_kind_names);
	return rd_fail(err, RD_E_INPUT,
		"say with --kind which it is: service_request, complaint, compliment, asb_report, "
		"survey_feedback, enquiry, other%s%s%s",
		near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
}

static enum rd_rc reclassify(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	enum rd_kind kind;

	RD_TRY(kind_of(words->of[OPT_KIND], &kind, err));
	return rd_act_reclassify(desk->desk.db, &desk->desk.office, id, kind, words->of[OPT_WHY],
		words->of[OPT_FORCE] != NULL, err);
}

static enum rd_rc contact(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_contact(desk->desk.db, &desk->desk.office, id, words->of[OPT_ADDRESS],
		words->of[OPT_NAME], err);
}

static enum rd_rc note(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	if (words->of[OPT_TEXT] == NULL)
		return rd_fail(err, RD_E_INPUT, "say with --text what the note says");
	return rd_act_note(desk->desk.db, &desk->desk.office, id, words->of[OPT_TEXT], err);
}

static enum rd_rc close_case(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_close(desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY],
		words->of[OPT_FORCE] != NULL, err);
}

static enum rd_rc lift_hold(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err)
{
	return rd_act_lift_hold(desk->desk.db, &desk->desk.office, id, words->of[OPT_WHY], err);
}

enum rd_exit rd_ctl_case_acknowledge(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, acknowledge, "acknowledged");
}

enum rd_exit rd_ctl_case_define(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, define, "defined");
}

enum rd_exit rd_ctl_case_reclassify(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, reclassify, "reclassified");
}

enum rd_exit rd_ctl_case_contact(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, contact, "contact set");
}

enum rd_exit rd_ctl_case_note(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, note, "noted");
}

enum rd_exit rd_ctl_case_close(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, close_case, "closed");
}

enum rd_exit rd_ctl_case_lift_hold(struct rd_ctl *ctl, int argc, char **argv)
{
	return rd_ctl_run_act(ctl, argc, argv, &acts, NULL, lift_hold, HOLD_LIFTED);
}
