/* The full answer as staff write it, and the letters that suit who reads them: large print, Welsh,
 * a member's office, somebody who speaks for a resident. */
#include "redress/base/buf.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "redress/policy/answer.h"
#include "redress/store/case_actions.h"
#include "redress/store/case_acts.h"
#include "redress/store/residents.h"
#include "support/answers.h"
#include "support/house_cases.h"

#define RECEIVED "2026-12-15T12:00:00Z" /* acknowledged on the day; answer due 31 December */

static void cancel_letters(struct house *h, int64_t case_id)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	const struct rd_outbox_row letter = house_letter(h, case_id, "acknowledgement");

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_outbox_cancel(tx, letter.id, "by hand", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

/* Both leave in one round: the definition says the date that the acknowledgement says. */
static void a_definition_before_the_acknowledgement_says_its_date(void **state)
{
	static const struct house_options options = { .starts = RECEIVED };
	struct house *h = *state = house_new(&options);
	const struct rd_office staff = house_staff(h);
	int64_t id = house_mail_in(h, .body = COMPLAINT), case_id;
	struct rd_outbox_row letter;

	house_work(h);
	case_id = house_case_of(h, id);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	letter = house_letter(h, case_id, "definition");
	assert_true(house_says(h, &letter, "full answer by Thursday 31 December 2026"));
	assert_false(house_says(h, &letter, "say by when"));

	/* Nothing waits that would say one. */
	id = house_mail_in(h, .from = "b@resident.example", .body = COMPLAINT);
	house_work(h);
	case_id = house_case_of(h, id);
	cancel_letters(h, case_id);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	letter = house_letter(h, case_id, "definition");
	assert_true(house_says(h, &letter, "say by when you will have our full answer"));
}

static struct house *new_house(const char *profile)
{
	const struct house_options options = { .profile = profile, .starts = RECEIVED };

	return house_new(&options);
}

/* The lines of an answer, each behind the field that it fills. */
static const struct answer_part parts[] = {
	{ "Decision:", "partly" },
	{ "Reasons:", "Nobody came in June." },
	{ "Policy and law:", "Our repairs policy, 4.2." },
	{ "Reconsidered:", "We now offer money." },
	{ "Apology:", "We are sorry for the wait." },
	{ "Remedy:", "We mend the roof by May." },
	{ "Money:", "120.00" },
	{ "Money for:", "the wait" },
	{ "Records:", "none" },
	{ "Prevention:", "A second roofer is on call." },
	{ "Learning:", "Rota gaps in June." },
	{ "Finding:", "You are right about this." },
};
#define N_PARTS (sizeof parts / sizeof parts[0])

static const char *fill(
	struct house *h, int64_t case_id, enum rd_stage stage, const char *field, const char *with)
{
	struct answer_part written[N_PARTS];

	memcpy(written, parts, sizeof parts);
	for (size_t i = 0; i < N_PARTS; i++)
		if (field != NULL && strcmp(parts[i].field, field) == 0)
			written[i].words = with;
	return rd_arena_printf(h->arena,
		"%s\nAction: Mend the roof\nBy: 2027-05-03\nTo: the repairs team\n",
		answer_filled(h, case_id, stage, written, N_PARTS));
}

static enum rd_rc try_answer(struct house *h, int64_t case_id, enum rd_stage stage,
	const char *answer, const char *given_on)
{
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = stage,
		.answer = answer,
		.answer_len = strlen(answer),
		.file = "answer.txt",
		.given_on = given_on != NULL ? house_day(given_on) : (struct rd_date){ 0 } };

	return rd_act_respond(h->db, &staff, case_id, &response, &h->err);
}

static struct rd_case_act last_act(struct house *h, int64_t case_id, const char *what)
{
	struct rd_case_act *acts, found = { 0 };
	size_t n;

	OK(rd_case_act_list(h->db, case_id, h->arena, &acts, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, what) == 0)
			found = acts[i];
	assert_non_null(found.what);
	return found;
}

static void says(struct house *h, const struct rd_outbox_row *letter, const char *const *wants)
{
	for (size_t i = 0; wants[i] != NULL; i++)
		if (!house_says(h, letter, wants[i]))
			fail_msg("the letter lacks \"%s\": %s", wants[i], letter->payload);
}

static void an_answer_is_a_letter_with_actions_that_are_tracked(void **state)
{
	struct house *h = *state = new_house(NULL);
	static const char *const wants[] = { "at stage 1 of 2", "The roof leaks.",
		"We uphold it in part", "About a delay: You are right about this.",
		"About a leak: You are right about this.", "Nobody came in June.",
		"Our repairs policy, 4.2.", "We mend the roof by May.", "120.00",
		"We found nothing in our records that is wrong.",
		"By Monday 3 May 2027: Mend the roof (the repairs team)",
		"A second roofer is on call.", "You can ask for stage 2", "0300 111 3000", NULL };
	const int64_t case_id = house_complaint(h);
	struct rd_case_action *actions;
	struct rd_outbox_row letter;
	size_t n;

	house_at(h, "2026-12-30T10:00:00Z");
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	letter = house_letter(h, case_id, "stage1_response");
	says(h, &letter, wants);
	assert_false(house_says(h, &letter, "Rota gaps"));
	assert_string_equal(last_act(h, case_id, "responded").detail, "partly");
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	OK(rd_case_action_list(h->db, case_id, h->arena, &actions, &n, &h->err));
	assert_int_equal(n, 1);
	DAY_IS(actions[0].due, "2027-05-03");
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_ACTION).due, "2027-05-03");
	assert_string_equal(last_act(h, case_id, "compensation").detail, "offered 120.00");
	house_audit_lacks(h, "roof");
	house_audit_lacks(h, "June");
	house_send(h);
	assert_int_equal(house_letter(h, case_id, "stage1_response").state, RD_OUTBOX_SENT);
	assert_int_equal(house_clock(h, case_id, "stage1.respond").met_ms, h->now_ms);
}

/* The letter never says that nothing is left, while something is. */
static void what_was_promised_before_stands_in_the_answer(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);
	struct rd_case_action *actions;
	struct rd_outbox_row letter;
	int64_t gutter, tap, roof;
	char *answer;
	size_t n;

	OK(rd_act_action_add(h->db, &staff, case_id, "Clear the gutter", house_day("2027-02-01"),
		"Ola Owner", &gutter, &h->err));
	OK(rd_act_action_add(h->db, &staff, case_id, "Mend the tap", house_day("2027-02-02"), NULL,
		&tap, &h->err));
	OK(rd_act_action_add(h->db, &staff, case_id, "mend the roof", house_day("2027-05-03"), NULL,
		&roof, &h->err));
	OK(rd_act_action_done(h->db, &staff, case_id, tap, NULL, &h->err));
	answer = rd_arena_strdup(h->arena, fill(h, case_id, RD_STAGE_1, NULL, NULL));
	assert_non_null(strstr(answer, "#   By 2027-02-01: Clear the gutter"));
	assert_null(strstr(answer, "Mend the tap"));
	OK(try_answer(h, case_id, RD_STAGE_1, answer, NULL));
	letter = house_letter(h, case_id, "stage1_response");
	assert_true(house_says(h, &letter, "By Monday 1 February 2027: Clear the gutter"));
	assert_false(house_says(h, &letter, "Ola Owner"));
	assert_false(house_says(h, &letter, "Mend the tap"));
	assert_false(house_says(h, &letter, "Clear the gutter By Monday 3 May 2027"));
	OK(rd_case_action_list(h->db, case_id, h->arena, &actions, &n, &h->err));
	assert_int_equal(n, 3); /* what the answer says again is promised once */
	house_free(h);

	h = *state = new_house(NULL);
	const struct rd_office others = house_staff(h);
	const int64_t other = house_complaint(h);
	OK(rd_act_action_add(h->db, &others, other, "Clear the gutter", house_day("2027-02-01"),
		NULL, &gutter, &h->err));
	answer = rd_arena_strdup(h->arena, fill(h, other, RD_STAGE_1, NULL, NULL));
	*strstr(answer, "\nAction: Mend the roof") = '\0';
	OK(try_answer(h, other, RD_STAGE_1, answer, NULL));
	letter = house_letter(h, other, "stage1_response");
	assert_true(house_says(h, &letter, "By Monday 1 February 2027: Clear the gutter"));
	assert_false(house_says(h, &letter, "Nothing is left to be done"));
}

static void money_in_an_answer_ends_the_task_to_offer_it(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	OK(rd_act_compensation(h->db, &staff, case_id, RD_COMPENSATION_ASKED, NULL, NULL, &h->err));
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_COMPENSATION), 1);
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_COMPENSATION), 0);
}

static void an_empty_part_is_refused_by_its_name(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t case_id = house_complaint(h);
	const char *answer;

	for (size_t i = 0; i < N_PARTS; i++) {
		const char *field = parts[i].field;

		/* for stage 2 alone; for us; and where no money is offered */
		if (strcmp(field, "Reconsidered:") == 0 || strcmp(field, "Learning:") == 0)
			continue;
		answer = fill(h, case_id, RD_STAGE_1, field, "");
		assert_int_equal(try_answer(h, case_id, RD_STAGE_1, answer, NULL), RD_E_INPUT);
		if (strstr(h->err.msg, field) == NULL || strstr(h->err.msg, "answer.txt:") == NULL)
			fail_msg("%s: %s", field, h->err.msg);
	}
	assert_int_equal(house_letters(h, case_id, "stage1_response", NULL), 0);
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_OPEN);
	answer = fill(h, case_id, RD_STAGE_1, "Apology:", "none");
	assert_int_equal(try_answer(h, case_id, RD_STAGE_1, answer, NULL), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "say sorry"));
	answer = fill(h, case_id, RD_STAGE_1, "Money:", "a lot");
	assert_int_equal(try_answer(h, case_id, RD_STAGE_1, answer, NULL), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "no amount"));
}

static void every_point_is_answered_and_nobody_is_named(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);
	static const char *const named[] = { "Ola Owner came late.", "ola owner came late.",
		"Mrs Owner came late.", "It was Ms. Owner's day off.", "So says Sam Staff." };
	char *answer = rd_arena_strdup(h->arena, fill(h, case_id, RD_STAGE_1, NULL, NULL));

	memcpy(strstr(answer, "Point: a delay"), "Point: a dekay", 14);
	assert_int_equal(try_answer(h, case_id, RD_STAGE_1, answer, NULL), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "`a delay`"));
	OK(rd_act_assign(h->db, &staff, case_id, "Ola Owner", &h->err));
	for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
		assert_int_equal(try_answer(h, case_id, RD_STAGE_1,
					 fill(h, case_id, RD_STAGE_1, "Reasons:", named[i]), NULL),
			RD_E_REFUSED);
		assert_non_null(strstr(h->err.msg, "names no member of staff"));
	}
	/* The same word in another place is no name, and what is for us alone may say who. */
	OK(try_answer(h, case_id, RD_STAGE_1,
		fill(h, case_id, RD_STAGE_1, "Reasons:", "The owner of the flat above was away."),
		NULL));
}

static void an_answer_of_another_case_or_stage_is_refused(void **state)
{
	struct house *h = *state = new_house(NULL);
	const int64_t one = house_complaint(h), other = house_complaint(h);

	assert_int_equal(
		try_answer(h, other, RD_STAGE_1, fill(h, one, RD_STAGE_1, NULL, NULL), NULL),
		RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "this is the answer of case"));
	assert_int_equal(try_answer(h, one, RD_STAGE_1, fill(h, one, RD_STAGE_2, NULL, NULL), NULL),
		RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "answer of stage 2"));
}

static void the_last_answer_says_that_the_process_ends(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	static const char *const wants[] = { "at stage 2 of 2", "We now offer money.",
		"This is the end of our process", "the next step is the Housing Ombudsman Service",
		"0300 111 3000", NULL };
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;
	const char *answer;

	OK(rd_act_assign(h->db, &staff, case_id, "Ola Owner", &h->err));
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	house_send(h);
	OK(rd_act_escalate(
		h->db, &staff, case_id, (struct rd_date){ 0 }, RD_ASKED_BY_REPLY, &h->err));
	OK(rd_act_accept(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	house_send(h);
	OK(rd_act_assign(h->db, &staff, case_id, "Rae Reviewer", &h->err));
	answer = fill(h, case_id, RD_STAGE_2, "Reconsidered:", "");
	assert_int_equal(try_answer(h, case_id, RD_STAGE_2, answer, NULL), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "`Reconsidered:`"));
	OK(try_answer(h, case_id, RD_STAGE_2, fill(h, case_id, RD_STAGE_2, NULL, NULL), NULL));
	letter = house_letter(h, case_id, "stage2_response");
	says(h, &letter, wants);
	assert_false(house_says(h, &letter, "You can ask for stage 2"));
}

static void an_answer_that_waits_a_day_says_the_same(void **state)
{
	struct house *h = *state = new_house("plexus-omega"); /* ten days to ask for stage 2 */
	const int64_t case_id = house_complaint(h);
	struct rd_outbox_row letter;

	house_at(h, "2026-12-29T23:58:00Z");
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	letter = house_letter(h, case_id, "stage1_response");
	assert_true(house_says(h, &letter, "Please ask by Wednesday 13 January 2027"));
	house_at(h, "2026-12-30T09:00:00Z");
	house_keep_time(h);
	letter = house_letter(h, case_id, "stage1_response");
	DAY_IS(letter.written_for, "2026-12-30");
	assert_true(house_says(h, &letter, "Please ask by Thursday 14 January 2027"));
	assert_true(house_says(h, &letter, "Nobody came in June."));
}

static void by_text_a_person_gives_the_answer_and_by_post_none_goes(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_text(h, HOUSE_PHONE, COMPLAINT);
	struct rd_outbox_row letter;
	int64_t case_id;

	house_work_texts(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	letter = house_letter(h, case_id, "stage1_response");
	assert_false(house_says(h, &letter, "roof"));
	assert_false(house_says(h, &letter, "uphold"));
	DAY_IS(house_task(h, case_id, RD_ACT_TASK_TELL).due, "2026-12-31");

	case_id = house_complaint(h);
	OK(try_answer(
		h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), "2026-12-15"));
	assert_int_equal(house_letters(h, case_id, "stage1_response", NULL), 0);
	assert_non_null(strstr(last_act(h, case_id, "responded").why, "Nobody came in June."));
}

/* --- who reads it --- */

static const char more_rules[] =
	"\nRule: welsh\nMeans: Written in Welsh\nGroup: language\nMark: welsh\n"
	"Phrase: diolch\nMust match: diolch\nMust not match: I am well\n"
	"\nRule: large\nMeans: Asks for large print\nGroup: needs\nMark: large-print\n"
	"Phrase: large print\nMust match: large print\nMust not match: I am well\n"
	"\nRule: speaks\nMeans: Speaks for somebody\nGroup: who\nFlag: advocate\n"
	"Phrase: on behalf of\nMust match: on behalf of\nMust not match: I am well\n"
	"\nRule: member\nMeans: A member\nGroup: who\nFlag: mp_councillor\n"
	"Phrase: my constituent\nMust match: my constituent\nMust not match: I am well\n";

/* With those rules; in place of a line of the profile another. */
static struct house *house_with(const char *was, const char *is)
{
	struct house *h = new_house(NULL);

	house_copy_folder(h, "landlords", "code-2024.landlord", was, is);
	house_write_rules(h, rd_arena_printf(h->arena, "%s%s", house_rules, more_rules));
	house_activate(h, h->db);
	house_close(h);
	house_open(h);
	return h;
}

static struct rd_outbox_row letter_to(
	struct house *h, const char *from, const char *body, const char *kind)
{
	const int64_t id = house_mail_in(h, .from = from, .body = body);

	house_work(h);
	return house_letter(h, house_case_of(h, id), kind);
}

static void large_print_goes_with_every_mail_unless_the_landlord_says_otherwise(void **state)
{
	struct house *h = *state = house_with(NULL, NULL);
	struct rd_outbox_row letter =
		letter_to(h, "a@resident.example", COMPLAINT, "acknowledgement");
	static const char *const wants[] = { "Content-Type: multipart/alternative;",
		"Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8",
		"font-size:16pt", NULL };

	says(h, &letter, wants);
	/* The richest form is the last: mail programs show it. */
	assert_true(strstr(letter.payload, "text/html") > strstr(letter.payload, "text/plain"));
	letter = letter_to(
		h, "b@resident.example", COMPLAINT " In large print please.", "acknowledgement");
	assert_true(house_says(h, &letter, "font-size:18pt"));
	house_free(h);

	h = *state = house_with("Letters: at once", "Letters: at once\nLarge print: where asked");
	letter = letter_to(h, "a@resident.example", COMPLAINT, "acknowledgement");
	assert_false(house_says(h, &letter, "text/html"));
	letter = letter_to(
		h, "b@resident.example", COMPLAINT " In large print please.", "acknowledgement");
	assert_true(house_says(h, &letter, "font-size:18pt"));
}

#define IN_WELSH                                                                                   \
	"Letters: at once\nLetters in: english, welsh\n"                                           \
	"Responsible for in Welsh: ein cartrefi\nNot responsible for in Welsh: y cyngor"

/* What the contacts file says of a resident suits the letters too. */
static void the_contacts_file_says_who_reads_welsh_and_large_print(void **state)
{
	struct house *h = *state = house_with("Letters: at once", IN_WELSH);
	const struct rd_resident ada = { .landlord = "code-2024",
		.reference = "",
		.name = "Ada Example",
		.email = "ada@resident.example",
		.phone = "",
		.address = "",
		.language = "cy",
		.adjustments = "large print; ring before a visit",
		.restrictions = "",
		.tenure = "" };
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_outbox_row letter;
	enum rd_resident_put put;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_resident_put(tx, &ada, h->now_ms, false, &put, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	letter = letter_to(h, "ada@resident.example", COMPLAINT, "acknowledgement");
	assert_true(house_says(h, &letter, "Testun eich cwyn:"));
	assert_true(house_says(h, &letter, "font-size:18pt"));
	letter = letter_to(h, "b@resident.example", COMPLAINT, "acknowledgement");
	assert_false(house_says(h, &letter, "Testun"));
	assert_false(house_says(h, &letter, "font-size:18pt"));
}

static void whoever_writes_in_welsh_is_answered_in_welsh_where_it_is_offered(void **state)
{
	struct house *h = *state = house_with("Letters: at once", IN_WELSH);
	struct rd_outbox_row letter =
		letter_to(h, "a@resident.example", COMPLAINT " Diolch.", "acknowledgement");
	static const char *const wants[] = { "Testun eich cwyn:", "erbyn dydd Iau 31 Rhagfyr 2026",
		"In English:", "by Thursday 31 December 2026", "lang=3D\"cy\"", NULL };
	int64_t id;

	says(h, &letter, wants);
	assert_string_equal(
		letter.letter_version, "acknowledgement.email.welsh 3, acknowledgement.email 4");
	assert_string_equal(letter.meets_clock, "stage1.acknowledge");
	letter = letter_to(h, "b@resident.example", COMPLAINT, "acknowledgement");
	assert_false(house_says(h, &letter, "Testun"));
	id = house_text(h, HOUSE_PHONE, COMPLAINT " Diolch.");
	house_work_texts(h);
	letter = house_letter(h, house_case_of(h, id), "acknowledgement");
	assert_true(house_says(h, &letter, "Cewch ateb llawn erbyn dydd Iau 31 Rhagfyr 2026"));
	assert_string_equal(letter.meets_clock, "stage1.acknowledge");
	house_free(h);

	h = *state = house_with(NULL, NULL);
	letter = letter_to(h, "a@resident.example", COMPLAINT " Diolch.", "acknowledgement");
	assert_false(house_says(h, &letter, "Testun"));
}

static void who_speaks_for_a_resident_and_a_members_office_get_their_own_letters(void **state)
{
	struct house *h = *state = house_with(NULL, NULL);
	const struct rd_office staff = house_staff(h);
	struct rd_outbox_row letter = letter_to(h, "a@advice.example",
		COMPLAINT " I write on behalf of a tenant.", "acknowledgement");
	const bool flags[RD_N_FLAGS] = { [RD_ADVOCATE] = true };
	static const char *const topics[] = { "a leak" };
	const struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.contact = "tenant@resident.example",
		.topics = topics,
		.n_topics = 1,
		.flags = flags,
		.received_ms = h->now_ms };
	int64_t case_id;

	assert_string_equal(letter.letter_version, "third_party.email 3");
	assert_string_equal(letter.meets_clock, "stage1.acknowledge");
	assert_true(house_says(h, &letter, "you may speak for them"));
	letter = letter_to(h, "jo.member.mp@parliament.uk", COMPLAINT " For my constituent.",
		"acknowledgement");
	assert_string_equal(letter.letter_version, "mp_councillor.email 2");
	assert_true(house_says(h, &letter, "somebody whom you represent"));
	letter = letter_to(h, "cllr.jo@town.gov.uk", "At what time do you open for my constituent?",
		"enquiry");
	assert_string_equal(letter.letter_version, "mp_councillor.email 2");
	assert_true(house_says(h, &letter, "as an enquiry"));
	/* A resident who speaks of a member is none. */
	letter = letter_to(h, "b@resident.example", COMPLAINT " The MP calls me my constituent.",
		"acknowledgement");
	assert_string_equal(letter.letter_version, "acknowledgement.email 4");
	/* By telephone: the letter goes to the resident, and is not about writing. */
	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_string_equal(letter.letter_version, "third_party.email 3");
	assert_false(house_says(h, &letter, "you may speak for them"));
	assert_false(house_says(h, &letter, "Somebody spoke for you"));
	house_free(h);

	/* Where the policy says so the resident may refute it. */
	h = *state =
		house_with("Letters: at once", "Letters: at once\nThird party: copies, refute");
	const struct rd_office others = house_staff(h);
	OK(rd_act_open(h->db, &others, &open, &case_id, &h->err));
	letter = house_letter(h, case_id, "acknowledgement");
	assert_true(house_says(h, &letter, "Somebody spoke for you"));
	assert_true(house_says(h, &letter, "If you do not want that, or did not know of it"));
}

static struct rd_outbox_row copy_to(
	struct house *h, int64_t case_id, const char *address, size_t *n)
{
	const struct rd_outbox_filter filter = { .case_id = case_id };
	struct rd_outbox_row *rows, found = { 0 };
	size_t n_rows;

	*n = 0;
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n_rows, &h->err));
	for (size_t i = 0; i < n_rows; i++)
		if (strcmp(rows[i].recipient, address) == 0 &&
			rows[i].state != RD_OUTBOX_CANCELLED) {
			found = rows[i];
			++*n;
		}
	return found;
}

#define NIECE "niece@advice.example"

static void copies_go_to_both_where_the_policy_and_the_resident_say_so(void **state)
{
	struct house *h = *state = new_house("later-living"); /* copies to both */
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h), other = house_complaint(h);
	struct rd_act_restriction restriction = { .terms = "One call a week.",
		.why = "Forty a day.",
		.review = house_day("2027-03-22") };
	struct rd_outbox_row copy;
	size_t n;

	assert_int_equal(rd_act_consent_to_copies(
				 h->db, &staff, case_id, "her niece", "no address", &h->err),
		RD_E_INPUT);
	OK(rd_act_consent_to_copies(h->db, &staff, case_id, "her niece", NIECE, &h->err));
	assert_int_equal(rd_act_consent(h->db, &staff, other, RD_CONSENT_GIVEN, "her niece\n" NIECE,
				 &h->err),
		RD_E_INPUT);
	copy_to(h, case_id, NIECE, &n);
	assert_int_equal(n, 0); /* nothing of what went before */
	house_at(h, "2026-12-16T12:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, "The roof leaks.", NULL, &h->err));
	copy = copy_to(h, case_id, NIECE, &n);
	assert_int_equal(n, 1);
	assert_string_equal(copy.letter, "definition");
	assert_string_equal(copy.meets_clock, "");
	assert_true(house_says(h, &copy, "This is a copy for you"));
	assert_true(house_says(h, &copy, "The roof leaks."));
	assert_null(strstr(copy.payload, "In-Reply-To"));
	house_send(h);
	/* An answer that waits a day is copied with the same words. */
	house_at(h, "2026-12-29T23:58:00Z");
	OK(try_answer(h, case_id, RD_STAGE_1, fill(h, case_id, RD_STAGE_1, NULL, NULL), NULL));
	house_at(h, "2026-12-30T09:00:00Z");
	house_keep_time(h);
	copy = copy_to(h, case_id, NIECE, &n);
	assert_int_equal(n, 2);
	DAY_IS(copy.written_for, "2026-12-30");
	assert_true(house_says(h, &copy, "This is a copy for you"));
	assert_true(house_says(h, &copy, "Nobody came in June."));
	house_send(h);
	/* What is the resident's alone, another's case, and what comes after the word is taken
	 * back. */
	OK(rd_act_restrict(h->db, &staff, case_id, &restriction, &h->err));
	OK(rd_act_define(h->db, &staff, other, "The tap.", NULL, &h->err));
	copy_to(h, case_id, NIECE, &n);
	assert_int_equal(n, 2);
	copy_to(h, other, NIECE, &n);
	assert_int_equal(n, 0);
	OK(rd_act_consent(h->db, &staff, case_id, RD_CONSENT_REFUSED, "her niece", &h->err));
	OK(rd_act_define(h->db, &staff, case_id, "The roof and the tap.", NULL, &h->err));
	copy_to(h, case_id, NIECE, &n);
	assert_int_equal(n, 2);
	house_audit_lacks(h, "niece");
	house_free(h);

	h = *state = new_house(NULL); /* a policy without copies */
	const struct rd_office others = house_staff(h);
	const int64_t without = house_complaint(h);
	assert_int_equal(
		rd_act_consent_to_copies(h->db, &others, without, "her niece", NIECE, &h->err),
		RD_E_REFUSED);
}

static void the_skeleton_says_what_the_policy_wants_of_the_answer(void **state)
{
	struct house *h = *state = new_house("later-living");
	const char *text = fill(h, house_complaint(h), RD_STAGE_1, NULL, NULL);

	assert_non_null(
		strstr(text, "# Before you answer: whoever complained comments on adverse"));
	assert_non_null(strstr(text, "wants this letter to say:"));
	assert_non_null(strstr(text, "#   records put right"));
	assert_non_null(strstr(text, "\nPoint: a leak"));
	assert_non_null(strstr(text, "\nComplaint: The roof leaks."));
}

static void another_address_keeps_the_name_and_has_a_domain(void **state)
{
	struct house *h = *state = new_house(NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = house_complaint(h);

	OK(rd_act_contact(h->db, &staff, case_id, "lee@resident.example", "Lee Example", &h->err));
	assert_int_equal(
		rd_act_contact(h->db, &staff, case_id, "lee2@example", NULL, &h->err), RD_E_INPUT);
	assert_non_null(strstr(h->err.msg, "no domain"));
	OK(rd_act_contact(h->db, &staff, case_id, "lee2@resident.example", NULL, &h->err));
	assert_string_equal(house_case(h, case_id).contact, "lee2@resident.example");
	assert_string_equal(house_case(h, case_id).contact_name, "Lee Example");
}

/* `case show` prints it below what was done. */
static void an_answer_is_read_without_what_was_there_to_fill_it_in(void **state)
{
	struct house *h = *state = new_house(NULL);

	assert_string_equal(
		rd_answer_readable("# Fill in\n\n\nAnswer: RD1\n# Why\nReasons: a\033[1m # b\n\n"
				   "# more\n\nPoint: a leak\n# Action: what\n",
			h->arena),
		"Answer: RD1\nReasons: a[1m # b\n\nPoint: a leak");
	assert_string_equal(rd_answer_readable("", h->arena), "");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(copies_go_to_both_where_the_policy_and_the_resident_say_so),
		house_test_own(the_skeleton_says_what_the_policy_wants_of_the_answer),
		house_test_own(an_answer_is_a_letter_with_actions_that_are_tracked),
		house_test_own(a_definition_before_the_acknowledgement_says_its_date),
		house_test_own(money_in_an_answer_ends_the_task_to_offer_it),
		house_test_own(an_answer_is_read_without_what_was_there_to_fill_it_in),
		house_test_own(another_address_keeps_the_name_and_has_a_domain),
		house_test_own(what_was_promised_before_stands_in_the_answer),
		house_test_own(an_empty_part_is_refused_by_its_name),
		house_test_own(every_point_is_answered_and_nobody_is_named),
		house_test_own(an_answer_of_another_case_or_stage_is_refused),
		house_test_own(the_last_answer_says_that_the_process_ends),
		house_test_own(an_answer_that_waits_a_day_says_the_same),
		house_test_own(by_text_a_person_gives_the_answer_and_by_post_none_goes),
		house_test_own(large_print_goes_with_every_mail_unless_the_landlord_says_otherwise),
		house_test_own(the_contacts_file_says_who_reads_welsh_and_large_print),
		house_test_own(whoever_writes_in_welsh_is_answered_in_welsh_where_it_is_offered),
		house_test_own(
			who_speaks_for_a_resident_and_a_members_office_get_their_own_letters),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
