#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/message/sms.h"
#include "redress/policy/letter_plan.h"
#include "redress/policy/policy.h"

struct fixture {
	struct rd_arena *arena;
	struct rd_rulefiles files;
	struct rd_policy *code, *sedgemoor;
};

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(32u << 20);
	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", f.arena, &f.files, &err) != RD_OK ||
		rd_policy_load(&f.files, "code-2024", &f.code, &err) != RD_OK ||
		rd_policy_load(&f.files, "homes-in-sedgemoor", &f.sedgemoor, &err) != RD_OK)
		fail_msg("%s", err.msg);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rd_policy_free(f->code);
	rd_policy_free(f->sedgemoor);
	rd_arena_free(f->arena);
	return 0;
}

static const char *const topics[] = { "a repair that was not done", "a missed visit", "a delay" };

static struct rd_letter_values values_of(const struct rd_policy *policy)
{
	return (struct rd_letter_values){ .reference = "RD100001-K7QF",
		.landlord = &policy->landlord,
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.topics = topics,
		.n_topics = 3,
		.written = { 2026, 11, 20 },
		.received = { 2026, 11, 20 },
		.respond_by = { 2026, 12, 4 },
		.read_by = { 2026, 11, 23 },
		.acknowledge_by = { 2026, 11, 27 } };
}

static struct rd_rendered render(struct fixture *f, enum rd_letter_kind kind,
	enum rd_channel channel, const struct rd_letter_values *values)
{
	struct rd_rendered rendered = { 0 };
	struct rd_err err = { 0 };
	const struct rd_letter *letter = rd_letters_find(f->code->letters, kind, channel);

	assert_non_null(letter);
	if (rd_letter_render(letter, values, f->arena, &rendered, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return rendered;
}

/* Wrapped lines read as one. */
static const char *unwrapped(struct fixture *f, const char *text)
{
	char *copy = rd_arena_strdup(f->arena, text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return copy;
}

static void assert_says(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("does not say \"%s\":\n%s", what, text);
}

static void an_acknowledgement_says_all_that_the_code_wants(void **state)
{
	struct fixture *f = *state;
	const struct rd_letter_values values = values_of(f->code);
	struct rd_rendered r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values);
	const char *text = unwrapped(f, r.text);
	static const char *const wants[] = {
		"a repair that was not done, a missed visit and other matters", /* understood
										 */
		"We have kept all that you told us",				/* all of it */
		"If that is not right",			       /* how to put it right */
		"please tell us what you would like us to do", /* the outcome: the question */
		"stage 1",
		"Friday 4 December 2026", /* by when */
		"our complaints team",
		"we are responsible for our homes",
		"We are not responsible for what the council",
		"large print",
		"can speak for you",
		"01632 960123",
		"Housing Ombudsman Service",
		"at any time",
		"0300 111 3000",
		"PO Box 1484, Unit D, Preston PR2 0ET",
		"www.housing-ombudsman.org.uk/residents/make-a-complaint/",
	};

	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
		assert_says(text, wants[i]);
	assert_int_equal(strncmp(r.text, "Our reference: RD100001-K7QF\n", 29), 0);
	const char *end = strstr(r.text, "\nEnd of letter RD100001-K7QF\n");
	assert_non_null(end);
	assert_string_equal(end, "\nEnd of letter RD100001-K7QF\n");
	assert_true(r.names_topic);
	assert_string_equal(r.version, "acknowledgement.email 4");
	assert_says(r.subject, "RD100001-K7QF");
}

static void an_outcome_that_is_known_is_stated_and_not_asked_for(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);

	values.outcome = "a date for the repair";
	struct rd_rendered r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values);
	const char *text = unwrapped(f, r.text);
	assert_says(text, "a date for the repair");
	assert_null(strstr(text, "please tell us what you would like"));
}

static void the_second_stage_says_what_is_wanted(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);

	values.stage = RD_STAGE_2;
	values.outcome = "A working tap and an apology.";
	assert_says(
		unwrapped(f, render(f, RD_LETTER_STAGE2_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values)
				     .text),
		"A working tap and an apology.");
}

/* Anybody may have written it: a stranger who quotes the reference too. */
static void a_message_that_joins_a_case_is_not_said_to_be_its_readers(void **state)
{
	struct fixture *f = *state;
	const struct rd_letter_values values = values_of(f->code);
	const char *text = unwrapped(f, render(f, RD_LETTER_ADDED, RD_CHANNEL_EMAIL, &values).text);

	assert_says(text, "A message about your case has come to us");
	assert_null(strstr(text, "your message"));
}

static void a_definition_says_what_the_person_wrote(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);

	values.understood = "The kitchen tap was not mended in three visits.";
	values.outcome = "A working tap and an apology.";
	const char *text =
		unwrapped(f, render(f, RD_LETTER_DEFINITION, RD_CHANNEL_EMAIL, &values).text);
	assert_says(text, "The kitchen tap was not mended in three visits.");
	assert_says(text, "A working tap and an apology.");
	assert_says(text, "not right");
}

static void mail_is_wrapped_and_web_addresses_stay_whole(void **state)
{
	struct fixture *f = *state;
	const struct rd_letter_values values = values_of(f->code);
	struct rd_rendered r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values);
	const char *line = r.text;

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");
		if (len > RD_LETTER_COLUMNS)
			fail_msg("%.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
	assert_says(r.text, "www.housing-ombudsman.org.uk/residents/make-a-complaint/");
}

static void the_first_answer_to_a_text_says_what_is_promised(void **state)
{
	struct fixture *f = *state;
	const struct rd_letter_values values = values_of(f->code);
	static const char *const wants[] = { "RD100001-K7QF", "complaint", "stage 1",
		"a repair that was not done", "If that is not right", "what you want us to do",
		"Friday 4 December 2026", "01632 960123", "0300 111 3000",
		"www.housing-ombudsman.org.uk/residents/make-a-complaint/", "responsible for" };
	struct rd_rendered r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS, &values);

	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
		assert_says(r.text, wants[i]);
	assert_true(r.segments <= 5);
	assert_true(r.names_topic);
}

static void a_later_text_says_nothing_of_the_matter(void **state)
{
	struct fixture *f = *state;
	const struct rd_letter_values values = values_of(f->code);
	struct rd_rendered r = render(f, RD_LETTER_LATER, RD_CHANNEL_SMS, &values);
	static const char *const secrets[] = { "repair", "visit", "delay", "complaint,", "stage",
		"request", "COMPLAINT" };

	assert_says(r.text, "RD100001-K7QF");
	assert_says(r.text, "Friday 20 November 2026");
	assert_says(r.text, "0300 111 3000");
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
		if (strstr(r.text, secrets[i]) != NULL)
			fail_msg("says \"%s\": %s", secrets[i], r.text);
}

static void a_service_request_offers_the_choice(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);

	values.kind = RD_SERVICE_REQUEST;
	values.stage = RD_STAGE_NONE;
	values.respond_by = (struct rd_date){ 0 };
	const char *mail =
		unwrapped(f, render(f, RD_LETTER_SERVICE_REQUEST, RD_CHANNEL_EMAIL, &values).text);
	assert_says(mail, "a request for service");
	assert_says(mail, "We have not logged it as a complaint, but you can ask us to.");
	assert_says(mail, "COMPLAINT");
	assert_null(strstr(mail, "You will hear from us by"));
	assert_says(render(f, RD_LETTER_SERVICE_REQUEST, RD_CHANNEL_SMS, &values).text,
		"reply COMPLAINT");
}

static void emergency_letters_begin_with_the_landlords_block(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);

	values.emergency_health = true;
	struct rd_rendered r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values);
	assert_int_equal(
		strncmp(r.text,
			"Our reference: RD100001-K7QF\n\nIf anyone is in danger now, ring 999.",
			67),
		0);
	assert_true(r.has_emergency);
	r = render(f, RD_LETTER_ADDED, RD_CHANNEL_EMAIL, &values);
	assert_says(r.text, "0800 111 999");
	values.emergency_heat = true;
	r = render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS, &values);
	assert_int_equal(strncmp(r.text, "Danger now? Ring 999.", 21), 0);
	assert_says(r.text, "No heat or hot water?");
	assert_says(r.text, "a repair that was not done");
	assert_true(r.segments <= RD_LETTER_SEGMENTS_MAX);
	values.emergency_health = false;
	r = render(f, RD_LETTER_LATER, RD_CHANNEL_SMS, &values);
	assert_int_equal(strncmp(r.text, "No heat or hot water?", 21), 0);
}

static void topics_are_joined_as_people_write_them(void **state)
{
	struct fixture *f = *state;
	static const char *const six[] = { "one", "two", "three", "four", "five", "six" };
	static const struct {
		size_t n;
		const char *says;
	} rows[] = {
		{ 1, "about one." },
		{ 2, "about one and two." },
		{ 3, "about one, two and other matters. We have kept all that you told us" },
		{ 6, "about one, two and other matters." },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_letter_values values = values_of(f->code);
		values.topics = six;
		values.n_topics = rows[i].n;
		assert_says(
			unwrapped(f, render(f, RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, &values)
					     .text),
			rows[i].says);
	}
}

/* Of a cap's making: what may go goes in its order, then topics, and never a piece of a word. */
static const char small[] =
	"Letter: enquiry\nChannel: sms\nVersion: 1\nMax segments: 1\n---\n"
	"Your question. {{reference}} {{help_number}} {{ombudsman_phone}} {{ombudsman_web}}\n"
	"{{drop 2}}The second line to go.\n"
	"{{drop 1}}The first line to go, with some more words.\n"
	"{{?topics}}About {{topics}}.\n";

static void a_text_too_long_loses_lines_in_order_and_then_topics(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *why;
		size_t n_topics;
		const char *topic;
		int lines, left_out;
		const char *ends;
	} rows[] = {
		{ "the lowest number goes first", 0, "", 1, 0, "The second line to go." },
		{ "then the next", 1, "a broken front door", 2, 0, "About a broken front door." },
		{ "then topics", 3, "a broken front door", 2, 2,
			"About a broken front door and other matters." },
	};
	const struct rd_letter *letter;
	struct rd_err err = { 0 };

	if (rd_letter_parse("s", small, sizeof small - 1, f->arena, &letter, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *list[] = { rows[i].topic, rows[i].topic, rows[i].topic };
		struct rd_letter_values values = values_of(f->code);
		struct rd_rendered r;
		values.topics = list;
		values.n_topics = rows[i].n_topics;
		if (rd_letter_render(letter, &values, f->arena, &r, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].why, err.msg);
		size_t len = strlen(r.text);
		size_t end = strlen(rows[i].ends);
		if (r.segments != 1 || r.dropped_lines != rows[i].lines ||
			r.dropped_topics != rows[i].left_out || len < end ||
			strcmp(r.text + len - end, rows[i].ends) != 0)
			fail_msg("%s: %d segments, %d lines, %d topics: %s", rows[i].why,
				r.segments, r.dropped_lines, r.dropped_topics, r.text);
	}
	const char *list[] = {
		"a topic that is much too long for what is left of this little text"
	};
	struct rd_letter_values values = values_of(f->code);
	struct rd_rendered r;
	values.topics = list;
	values.n_topics = 1;
	assert_int_equal(rd_letter_render(letter, &values, f->arena, &r, &err), RD_E_RANGE);
}

static void typographic_characters_do_not_double_a_texts_cost(void **state)
{
	struct fixture *f = *state;
	static const char *const curly[] = { "a neighbour\u2019s noise \u2013 at night" };
	static const char *const welsh[] = { "d\u0175r yn gollwng" };
	struct rd_letter_values values = values_of(f->code);

	values.topics = curly;
	values.n_topics = 1;
	struct rd_rendered r = render(f, RD_LETTER_ENQUIRY, RD_CHANNEL_SMS, &values);
	assert_says(r.text, "a neighbour's noise - at night");
	assert_true(rd_sms_size(r.text, strlen(r.text)).gsm7);
	/* What GSM-7 has not got is kept where the whole still keeps its cap, else loses its
	 * accents. */
	values.topics = welsh;
	r = render(f, RD_LETTER_ENQUIRY, RD_CHANNEL_SMS, &values);
	assert_says(r.text, "dwr yn gollwng");
	assert_true(rd_sms_size(r.text, strlen(r.text)).gsm7);
	static const char wide[] =
		"Letter: enquiry\nChannel: sms\nVersion: 1\nMax segments: 3\n---\n"
		"{{reference}} {{help_number}} {{ombudsman_phone}} "
		"{{ombudsman_web}}\n{{topics}}\n";
	const struct rd_letter *letter;
	struct rd_err err = { 0 };
	assert_int_equal(
		rd_letter_parse("w", wide, sizeof wide - 1, f->arena, &letter, &err), RD_OK);
	assert_int_equal(rd_letter_render(letter, &values, f->arena, &r, &err), RD_OK);
	assert_says(r.text, "d\u0175r");
	assert_int_equal(r.segments, rd_sms_size(r.text, strlen(r.text)).parts);
}

#define HEAD "Letter: enquiry\nChannel: email\nVersion: 1\nSubject: s\n---\n"
#define OMB  "{{ombudsman_phone}} {{ombudsman_web}}\n"
#define SMS  "Letter: enquiry\nChannel: sms\nVersion: 1\nMax segments: 3\n---\n"
#define REF  "{{reference}} {{help_number}} "

static void a_bad_letter_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *why, *text, *says;
	} rows[] = {
		{ "an unknown placeholder", HEAD OMB "Dear {{nmae}}\n",
			"x.letter:7:6: no letter knows" },
		{ "with a near one", HEAD OMB "{{refrence}}\n", "did you mean {{reference}}" },
		{ "one that is not closed", HEAD OMB "See {{reference\n", "x.letter:7:5:" },
		{ "an unknown condition", HEAD OMB "{{?topic}}x\n", "x.letter:7:1:" },
		{ "a drop in a mail", HEAD OMB "{{drop 1}}x\n", "sms alone" },
		{ "a drop that is no number", SMS REF OMB "{{drop x}}x\n", "{{drop N}}" },
		{ "no body line", "Letter: enquiry\nChannel: email\n", "---" },
		{ "an empty body", HEAD "\n\n", "says nothing" },
		{ "an unknown field", "Letter: enquiry\nChanel: email\n---\nx\n", "x.letter:2:" },
		{ "an unknown kind", "Letter: enquirry\nChannel: email\n---\nx\n", "x.letter:1:" },
		{ "no version", "Letter: enquiry\nChannel: email\nSubject: s\n---\nx\n",
			"Version" },
		{ "a mail without a subject",
			"Letter: enquiry\nChannel: email\nVersion: 1\n---\nx\n", "Subject" },
		{ "a text with one",
			"Letter: enquiry\nChannel: sms\nVersion: 1\nSubject: s\nMax segments: "
			"3\n---\nx\n",
			"x.letter:4:" },
		{ "a text without a cap", "Letter: enquiry\nChannel: sms\nVersion: 1\n---\nx\n",
			"Max segments" },
		{ "seven parts",
			"Letter: enquiry\nChannel: sms\nVersion: 1\nMax segments: 7\n---\nx\n",
			"x.letter:4:" },
		{ "curly quotes in a text", SMS REF OMB "It\u2019s here\n", "x.letter:7:" },
		{ "no Ombudsman", HEAD "x\n", "ombudsman_phone" },
		{ "a text without a reference", SMS OMB, "reference" },
		{ "an acknowledgement without a topic",
			"Letter: acknowledgement\nChannel: email\nVersion: 1\nSubject: "
			"s\n---\n" OMB,
			"{{topics}} (Code 5.6" },
		{ "a service request without the choice",
			"Letter: service_request\nChannel: email\nVersion: 1\nSubject: "
			"s\n---\n" OMB,
			"Code 1.3" },
		{ "a later text that tells",
			"Letter: later\nChannel: sms\nVersion: 1\nMax segments: 3\n---\n" REF
			"{{date}} {{topics}} " OMB,
			"may not say {{topics}}" },
		{ "words about the case in an automatic letter", HEAD OMB "{{understood}}\n",
			"definition" },
		{ "an extension without reasons",
			"Letter: extension\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{respond_by}} " OMB,
			"{{reasons}} (Code 6.4" },
		{ "an extension without its date",
			"Letter: extension\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{reasons}} " OMB,
			"{{respond_by}} (Code 6.4" },
		{ "a refusal without reasons",
			"Letter: refusal\nChannel: email\nVersion: 1\nSubject: s\n---\n" OMB,
			"{{reasons}} (Code 2.4" },
		{ "an exclusion without the Ombudsman",
			"Letter: exclusion\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{reasons}}\n",
			"ombudsman_phone" },
		{ "reasons by text",
			"Letter: refusal\nChannel: sms\nVersion: 1\nMax segments: 3\n---\n" REF
			"{{reasons}} " OMB,
			"may not say {{reasons}}" },
		{ "the stage by text",
			"Letter: stage2_acknowledgement\nChannel: sms\nVersion: 1\nMax segments: "
			"3\n---\n" REF "{{respond_by}} {{stage}} " OMB,
			"may not say {{stage}}" },
		{ "a restriction in the way of emergencies",
			"Letter: restriction\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{terms}} {{reasons}} {{review_on}} " OMB,
			"emergency repair" },
		{ "a restriction without its end",
			"Letter: restriction\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{terms}} {{reasons}} emergency repair " OMB,
			"{{review_on}}" },
		{ "a closing check that names no day",
			"Letter: closing_check\nChannel: email\nVersion: 1\nSubject: s\n---\n" OMB,
			"{{close_on}}" },
		{ "an answer without its points",
			"Letter: stage1_response\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{stage}} {{understood}} {{decision}} {{reasons}} {{law}} {{remedy}} " OMB,
			"{{points}} (Code 6.9" },
		{ "a last answer that decides nothing anew",
			"Letter: stage2_response\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"{{stage}} {{understood}} {{decision}} {{points}} {{reasons}} {{law}} "
			"{{remedy}} {{actions}} {{apology}} {{money}} {{records}} "
			"{{prevention}} " OMB,
			"{{reconsidered}}" },
		{ "an answer's parts in another letter", HEAD OMB "{{apology}}\n",
			"`stage1_response`" },
		{ "the matter of an answer by text",
			"Letter: stage1_response\nChannel: sms\nVersion: 1\nMax segments: "
			"3\n---\n" REF "{{decision}} " OMB,
			"may not say {{decision}}" },
		{ "English words in a letter in Welsh",
			"Letter: acknowledgement\nChannel: email\nLanguage: welsh\nVersion: "
			"1\nSubject: s\n---\n"
			"{{topics}} {{stage}} {{respond_by}} {{responsible}} "
			"{{not_responsible}} {{help}} " OMB,
			"{{help}}, which is in English" },
		{ "an unknown language",
			"Letter: enquiry\nChannel: email\nLanguage: welch\nVersion: 1\n"
			"Subject: s\n---\n" OMB,
			"did you mean" },
		{ "reasons in a letter that gives none", HEAD OMB "{{reasons}}\n", "`extension`" },
		{ "an unknown placeholder in the subject",
			"Letter: enquiry\nChannel: email\nVersion: 1\nSubject: {{x}}\n---\n" OMB,
			"x.letter:4:" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		const struct rd_letter *letter;
		if (rd_letter_parse("x.letter", rows[i].text, strlen(rows[i].text), f->arena,
			    &letter, &err) == RD_OK)
			fail_msg("%s: was taken", rows[i].why);
		if (strstr(err.msg, rows[i].says) == NULL)
			fail_msg("%s: says \"%s\"", rows[i].why, err.msg);
	}
}

static void every_placeholder_has_its_value(void **state)
{
	struct fixture *f = *state;
	static const char *const wants[RD_N_PLACEHOLDERS] = { "RD100001-K7QF", "Homes in Sedgemoor",
		"a complaint", "stage 1",
		"a repair that was not done, a missed visit and other matters", "A tap.",
		"The tap drips.", "The part is late.", "Friday 20 November 2026",
		"Thursday 19 November 2026", "Friday 20 November 2026", "Friday 4 December 2026",
		"Monday 23 November 2026", "Friday 27 November 2026", "our Customer Focus team",
		"our homes", "the council", "larger print", "0800 585 360", "Bridgwater House",
		"someone@example.org", "Housing Ombudsman Service", "0300 111 3000", "PO Box 1484",
		"www.housing-ombudsman.org.uk" };

	/* The later ones belong to letters of their own: test_policy_letter_life. */
	for (int i = 0; i <= RD_VALUE_OMBUDSMAN_WEB; i++) {
		struct rd_landlord landlord = f->sedgemoor->landlord;
		struct rd_letter_values values = values_of(f->sedgemoor);
		struct rd_rendered r;
		struct rd_err err = { 0 };
		const struct rd_letter *letter;
		char text[512];
		landlord.help_email = "someone@example.org";
		values.landlord = &landlord;
		values.outcome = "A tap.";
		values.understood = "The tap drips.";
		values.reasons = "The part is late.";
		values.logged_on = (struct rd_date){ 2026, 11, 19 };
		const bool reasons = i == RD_VALUE_REASONS;
		int len = snprintf(text, sizeof text,
			"Letter: %s\nChannel: email\nVersion: 1\nSubject: s\n---\n"
			"[{{%s}}]\n%s {{outcome}} {{responsible}} " OMB,
			reasons ? "extension" : "definition", rd_placeholder_names[i],
			reasons ? "{{respond_by}}" : "{{understood}}");
		if (rd_letter_parse("p", text, (size_t)len, f->arena, &letter, &err) != RD_OK ||
			rd_letter_render(letter, &values, f->arena, &r, &err) != RD_OK)
			fail_msg("%s: %s", rd_placeholder_names[i], err.msg);
		const char *got = strchr(unwrapped(f, r.text), '[');
		if (got == NULL || strstr(got, wants[i]) == NULL ||
			strstr(got, wants[i]) > strchr(got, ']'))
			fail_msg("%s: %s", rd_placeholder_names[i], r.text);
	}
}

static void a_needed_value_that_is_missing_is_named(void **state)
{
	struct fixture *f = *state;
	struct rd_letter_values values = values_of(f->code);
	struct rd_rendered r;
	struct rd_err err = { 0 };

	values.respond_by = (struct rd_date){ 0 };
	assert_int_equal(rd_letter_render(rd_letters_find(f->code->letters,
						  RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL),
				 &values, f->arena, &r, &err),
		RD_E_INPUT);
	assert_says(err.msg, "{{respond_by}}");
}

/* The response is counted from the day the letter is written for, not from receipt. */
static void dates_of_a_letter_follow_its_day(void **state)
{
	struct fixture *f = *state;
	const struct rd_date friday = { 2026, 11, 20 };
	const struct rd_date monday = { 2026, 11, 23 };
	struct rd_letter_values values = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_letter_dates(&f->code->landlord, f->code->calendar, RD_COMPLAINT,
				 friday, monday, &values, &err),
		RD_OK);
	assert_int_equal(rd_date_compare(values.respond_by, (struct rd_date){ 2026, 12, 7 }), 0);
	assert_int_equal(
		rd_date_compare(values.acknowledge_by, (struct rd_date){ 2026, 11, 27 }), 0);
	assert_int_equal(rd_date_compare(values.read_by, (struct rd_date){ 2026, 11, 24 }), 0);
	assert_int_equal(rd_letter_dates(&f->sedgemoor->landlord, f->sedgemoor->calendar,
				 RD_SURVEY_FEEDBACK, friday, monday, &values, &err),
		RD_OK);
	assert_int_equal(rd_date_compare(values.respond_by, (struct rd_date){ 2026, 12, 4 }), 0);
	assert_int_equal(rd_letter_dates(&f->code->landlord, f->code->calendar, RD_SERVICE_REQUEST,
				 friday, monday, &values, &err),
		RD_OK);
	assert_false(rd_date_is_set(values.respond_by));
	assert_int_equal(rd_letter_dates(&f->code->landlord, f->code->calendar, RD_COMPLAINT,
				 friday, (struct rd_date){ 2028, 12, 28 }, &values, &err),
		RD_E_RANGE);
}

static void every_shipped_policy_may_go_live(void **state)
{
	struct fixture *f = *state;
	struct rd_rulefiles none = { 0 };
	struct rd_err err = { 0 };

	if (rd_policies_check(&f->files, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(rd_policies_check(&none, &err), RD_E_MISSING);
}

static void a_letter_too_long_for_one_landlord_names_both(void **state)
{
	struct fixture *f = *state;
	static const char small_cap[] =
		"Letter: later\nChannel: sms\nVersion: 1\nMax segments: 1\n---\n"
		"{{date}} {{reference}} {{ombudsman_phone}} {{ombudsman_web}} "
		"{{ombudsman_post}} {{help_address}}\n";
	struct rd_rulefile *items = rd_arena_array(f->arena, f->files.n_items, sizeof *items);
	struct rd_rulefiles files = { .items = items, .n_items = f->files.n_items };
	struct rd_err err = { 0 };

	for (size_t i = 0; i < files.n_items; i++) {
		items[i] = f->files.items[i];
		if (strcmp(items[i].name, "letters/later.sms.letter") != 0)
			continue;
		items[i].bytes = small_cap;
		items[i].len = sizeof small_cap - 1;
	}
	assert_int_equal(rd_policies_check(&files, &err), RD_E_RANGE);
	assert_int_equal(strncmp(err.msg, "letters/later.sms.letter:1:1: ", 30), 0);
	assert_says(err.msg, "(for landlord code-2024)");
}

static void a_folder_that_lacks_a_letter_or_a_landlord_is_refused(void **state)
{
	struct fixture *f = *state;
	struct rd_rulefile *items = rd_arena_array(f->arena, f->files.n_items, sizeof *items);
	struct rd_rulefiles less = { .items = items };
	struct rd_policy *none = NULL;
	struct rd_err err = { 0 };

	for (size_t i = 0; i < f->files.n_items; i++)
		if (strcmp(f->files.items[i].name, "letters/received.sms.letter") != 0)
			items[less.n_items++] = f->files.items[i];
	assert_int_equal(rd_policy_load(&less, "code-2024", &none, &err), RD_E_INPUT);
	assert_says(err.msg, "letters/received.sms.letter is missing");
	assert_int_equal(rd_policy_load(&f->files, "code-2023", &none, &err), RD_E_MISSING);
	assert_says(err.msg, "did you mean \"code-2024\"");
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_acknowledgement_says_all_that_the_code_wants),
		cmocka_unit_test(an_outcome_that_is_known_is_stated_and_not_asked_for),
		cmocka_unit_test(the_second_stage_says_what_is_wanted),
		cmocka_unit_test(a_message_that_joins_a_case_is_not_said_to_be_its_readers),
		cmocka_unit_test(a_definition_says_what_the_person_wrote),
		cmocka_unit_test(mail_is_wrapped_and_web_addresses_stay_whole),
		cmocka_unit_test(the_first_answer_to_a_text_says_what_is_promised),
		cmocka_unit_test(a_later_text_says_nothing_of_the_matter),
		cmocka_unit_test(a_service_request_offers_the_choice),
		cmocka_unit_test(emergency_letters_begin_with_the_landlords_block),
		cmocka_unit_test(topics_are_joined_as_people_write_them),
		cmocka_unit_test(a_text_too_long_loses_lines_in_order_and_then_topics),
		cmocka_unit_test(typographic_characters_do_not_double_a_texts_cost),
		cmocka_unit_test(a_bad_letter_is_refused_with_its_place),
		cmocka_unit_test(every_placeholder_has_its_value),
		cmocka_unit_test(a_needed_value_that_is_missing_is_named),
		cmocka_unit_test(dates_of_a_letter_follow_its_day),
		cmocka_unit_test(every_shipped_policy_may_go_live),
		cmocka_unit_test(a_letter_too_long_for_one_landlord_names_both),
		cmocka_unit_test(a_folder_that_lacks_a_letter_or_a_landlord_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
