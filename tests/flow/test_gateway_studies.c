/* Case studies tell what there is to learn and nothing of whose case it was. */
#include "redress/gateway/acts_end.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/studies.h"
#include "support/house.h"

static int64_t complaint(struct house *h, const char *from, const char *name)
{
	const struct rd_office staff = house_staff(h);
	const int64_t id = house_mail_in(h, .from = from, .body = COMPLAINT);
	int64_t case_id;

	house_work(h);
	case_id = house_case_of(h, id);
	house_send(h);
	OK(rd_act_contact(h->db, &staff, case_id, from, name, &h->err));
	return case_id;
}

static void answer(struct house *h, int64_t case_id, const char *learning)
{
	const struct rd_office staff = house_staff(h);
	const char *text = rd_arena_printf(h->arena,
		"Answer: %s\nStage: 1\nComplaint: The roof of 7 Acacia Avenue leaks.\n"
		"Decision: upheld\nReasons: The tenant was right.\nPolicy and law: Ours.\n"
		"Apology: Sorry.\nRemedy: A new roof.\nMoney: 175.00\nMoney for: the wait\n"
		"Records: none\nPrevention: none\nLearning: %s\n\nPoint: a delay\nFinding: Yes.\n"
		"\nPoint: a leak\nFinding: Yes.\n",
		house_case(h, case_id).reference, learning);
	const struct rd_act_response response = { .stage = RD_STAGE_1,
		.answer = text,
		.answer_len = strlen(text),
		.file = "answer.txt" };

	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	house_send(h);
	OK(rd_act_close(h->db, &staff, case_id, "all is done", true, &h->err));
}

static size_t make(struct house *h, size_t most, struct rd_study **ret_studies)
{
	const struct rd_studies_ask ask = { .landlord = "code-2024",
		.from = house_day("2026-11-01"),
		.to = house_day("2026-11-30"),
		.most = most };
	size_t n;

	OK(rd_studies_make(h->db, &h->desk.office, &ask, h->arena, ret_studies, &n, &h->err));
	return n;
}

static size_t left_out(struct house *h)
{
	const struct rd_studies_ask ask = { .landlord = "code-2024",
		.from = house_day("2026-11-01"),
		.to = house_day("2026-11-30") };
	size_t n;

	OK(rd_studies_left_out(h->db, &ask, h->arena, &n, &h->err));
	return n;
}

static const char *line_of(const struct rd_study *study, const char *name)
{
	for (size_t i = 0; i < study->n_lines; i++)
		if (strcmp(study->lines[i].name, name) == 0)
			return study->lines[i].text;
	return "";
}

static void a_study_tells_what_happened_and_what_is_learned(void **state)
{
	struct house *h = *state;
	const int64_t dull = complaint(h, "dull@resident.example", "Dee Dull");
	const int64_t case_id = complaint(h, "ann@resident.example", "Ann O'Dell");
	struct rd_study *studies;

	house_at(h, "2026-11-20T10:00:00Z");
	answer(h, dull, "");
	answer(h, case_id, "The rota had gaps, says Ann O'Dell.");
	assert_int_equal(make(h, 5, &studies), 2);
	/* The one that teaches comes first. */
	assert_string_equal(line_of(&studies[0], "learned"), "The rota had gaps, says [left out].");
	assert_non_null(strstr(line_of(&studies[1], "learned"), "nothing was recorded"));
	assert_string_equal(line_of(&studies[0], "about"), "a delay; a leak");
	assert_string_equal(line_of(&studies[0], "came"), "by e-mail");
	assert_string_equal(line_of(&studies[0], "happened"),
		"acknowledged after 0 working days; answered at stage 1 after 3 working days");
	assert_string_equal(line_of(&studies[0], "outcome"), "stage 1: upheld");
	assert_string_equal(line_of(&studies[0], "put_right"), "money was offered");
	assert_int_equal(make(h, 1, &studies), 1);
	assert_int_equal(left_out(h), 0);
}

static void a_study_holds_nothing_of_whose_case_it_was(void **state)
{
	struct house *h = *state;
	const int64_t case_id = complaint(h, "ann@resident.example", "Ann O'Dell");
	static const char *const typed[] = { "the quarrel with Mr Smith" };
	static const char *const secrets[] = { "ann", "dell", "resident.example", "acacia", "smith",
		"quarrel", "175", "roof", "2026", "november", "RD1", "still waiting", "Sam",
		"07700" };
	struct rd_study *studies;
	struct rd_tx *tx = NULL;
	size_t n;

	house_at(h, "2026-11-20T10:00:00Z");
	answer(h, case_id,
		"Ann O'Dell of 7 Acacia Avenue rang 07700 900123; Sam Staff missed RD100001 in "
		"2026.");
	/* A topic in words of staff's own, behind those of the rules. */
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_case_add_topics(tx, case_id, typed, 1, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	n = make(h, 5, &studies);
	assert_int_equal(n, 1);
	for (size_t i = 0; i < studies[0].n_lines; i++)
		for (size_t k = 0; k < sizeof secrets / sizeof secrets[0]; k++)
			if (strcasestr(studies[0].lines[i].text, secrets[k]) != NULL)
				fail_msg("%s: %s holds %s", studies[0].lines[i].name,
					studies[0].lines[i].text, secrets[k]);
}

static void what_is_open_held_withdrawn_or_not_of_these_days_is_left_out(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	const int64_t withdrawn = complaint(h, "b@resident.example", "Bo");
	struct rd_study *studies;
	int64_t id;

	complaint(h, "a@resident.example", "Al");
	OK(rd_act_withdraw(h->db, &staff, withdrawn, "she rang", &h->err));
	id = house_mail_in(
		h, .from = "c@resident.example", .body = COMPLAINT " I am afraid of him.");
	house_work(h);
	OK(rd_act_close(h->db, &staff, house_case_of(h, id), "over", true, &h->err));
	assert_int_equal(make(h, 5, &studies), 0);
	assert_int_equal(left_out(h), 2); /* what is open is no study yet */
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_study_tells_what_happened_and_what_is_learned),
		house_test(a_study_holds_nothing_of_whose_case_it_was),
		house_test(what_is_open_held_withdrawn_or_not_of_these_days_is_left_out),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
