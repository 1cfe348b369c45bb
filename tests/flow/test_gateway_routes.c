/* Where a case goes: the profile's routes make notices to the roles of the configuration, tasks and
 * rows of the audit; nobody is told of a case about themselves, and no notice holds a resident's
 * words. */
#include <unistd.h>
#include "redress/gateway/acts_duty.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/acts_stage.h"
#include "redress/gateway/notices.h"
#include "redress/gateway/role_check.h"
#include "support/house.h"

#define MORE_RULES                                                                                 \
	"\n"                                                                                       \
	"Rule: rude\nMeans: Staff were rude\nTopic: how staff behaved\nGroup: conduct\n"           \
	"Points: 5\nPhrase: was rude\nMust match: he was rude to me\nMust not match: I am well\n"  \
	"\n"                                                                                       \
	"Rule: stolen\nMeans: Theft\nGroup: theft\nMark: theft\nPhrase: was stolen\n"              \
	"Must match: my bike was stolen\nMust not match: I am well\n"                              \
	"\n"                                                                                       \
	"Rule: spokesman\nMeans: Speaks for another\nGroup: who\nFlag: advocate\n"                 \
	"Phrase: on behalf of\nMust match: I write on behalf of her\n"                             \
	"Must not match: I am well\n"                                                              \
	"\n"                                                                                       \
	"Rule: frail\nMeans: Frail\nGroup: who\nFlag: vulnerable\nPhrase: i am frail\n"            \
	"Must match: I am frail\nMust not match: I am well\n"                                      \
	"\n"                                                                                       \
	"Rule: mould\nMeans: Mould\nTopic: damp or mould\nGroup: hazard\nFlag: damp_mould\n"       \
	"Phrase: black mould\nMust match: there is black mould\nMust not match: I am well\n"       \
	"\n"                                                                                       \
	"Rule: member\nMeans: An MP\nGroup: who\nFlag: mp_councillor\nFor: enquiry\nPoints: 4\n"   \
	"Phrase: as your mp\nMust match: I write as your MP\nMust not match: I am well\n"          \
	"\n"                                                                                       \
	"Rule: survey\nMeans: Answers a survey\nFor: survey_feedback\nGroup: survey\nPoints: 4\n"  \
	"Phrase: your survey\nMust match: about your survey\nMust not match: I am well\n"

#define GAS    "I smell gas in the kitchen and Zebedee is worried."
#define SECRET "Zebedee"
#define OUT_NO "+447700900555"

#define PLEXUS_ROLES                                                                               \
	"\nRole: senior manager\nTo: senior@landlord.example\nHours: 09:00-17:00\n"                \
	"Out of hours to: 07700 900555\n"                                                          \
	"\nRole: customer success\nAlso called: the Customer Success team\n"                       \
	"To: success@landlord.example\nHours: 09:00-17:00\n"

static struct house *new_house(const char *profile, const char *config, const char *starts)
{
	const struct house_options options = {
		.profile = profile, .config = config, .starts = starts
	};
	struct house *h = house_new(&options);
	char path[128];
	char *rules = rd_arena_printf(h->arena, "%s%s", house_rules, MORE_RULES);

	house_close(h);
	snprintf(path, sizeof path, "%s", h->state);
	assert_int_equal(unlink(path), 0);
	house_write_rules(h, rules);
	house_open(h);
	return h;
}

/* Notices that are not cancelled; to NULL: to anybody. */
static size_t notices(struct house *h, const char *to, struct rd_outbox_row *ret_last)
{
	const struct rd_outbox_filter filter = { .letter = RD_NOTICE_LETTER };
	struct rd_outbox_row *rows;
	size_t n, n_found = 0;

	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++) {
		if (to != NULL && strcmp(rows[i].recipient, to) != 0)
			continue;
		n_found++;
		if (ret_last != NULL)
			*ret_last = rows[i];
	}
	return n_found;
}

static int64_t mail(struct house *h, const char *body)
{
	const int64_t id = house_mail_in(h, .body = body);

	house_work(h);
	return house_case_of(h, id);
}

static bool audited(struct house *h, int64_t case_id, const char *words)
{
	struct rd_audit_row *rows;
	size_t n;

	OK(rd_audit_list(h->db, case_id, 0, 0, 1000, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].what, "routed") == 0 && strstr(rows[i].detail, words) != NULL)
			return true;
	return false;
}

static struct rd_task task_of(struct house *h, int64_t case_id, const char *words)
{
	struct rd_task *tasks;
	size_t n;

	OK(rd_task_list_case(h->db, case_id, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strstr(tasks[i].text, words) != NULL)
			return tasks[i];
	fail_msg("no task says `%s`", words);
	return (struct rd_task){ .id = 0 };
}

/* --- who is told, and when --- */

static void danger_goes_at_once_and_holds_no_word_of_the_resident(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const int64_t case_id = mail(h, GAS);
	struct rd_outbox_row notice = { 0 };

	assert_int_equal(notices(h, NULL, NULL), 1);
	assert_int_equal(notices(h, "senior@landlord.example", &notice), 1);
	assert_int_equal(notice.not_before_ms, h->now_ms);
	assert_true(notice.emergency);
	assert_true(house_says(h, &notice, house_case(h, case_id).reference));
	assert_true(house_says(h, &notice, "a danger to health or safety"));
	assert_true(house_says(h, &notice, "A risk to health and safety goes up at once."));
	assert_true(house_says(h, &notice, "a safety hazard"));
	assert_false(house_says(h, &notice, SECRET));
	assert_false(house_says(h, &notice, "ann@example.com"));
	assert_false(house_says(h, &notice, "Ann Example"));
	assert_false(house_says(h, &notice, "My home")); /* its subject */
	DAY_IS(task_of(h, case_id, "Told: senior manager").due, "2026-11-17");
	assert_true(audited(h, case_id, "\"route\":\"health_safety\""));
	house_send(h);
	notices(h, "senior@landlord.example", &notice);
	assert_int_equal(notice.state, RD_OUTBOX_SENT);
}

static void out_of_hours_it_goes_to_the_telephone(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, "2026-11-21T22:00:00Z");
	struct rd_outbox_row notice = { 0 };

	mail(h, GAS);
	assert_int_equal(notices(h, OUT_NO, &notice), 1);
	assert_int_equal(notice.channel, RD_CHANNEL_SMS);
	assert_int_equal(notice.not_before_ms, h->now_ms);
	assert_true(strlen(notice.payload) < 306); /* two parts */
	house_send(h);
	notices(h, OUT_NO, &notice);
	assert_int_equal(notice.state, RD_OUTBOX_SENT); /* text hours do not hold it */
}

static void what_can_wait_waits_for_the_roles_hours(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, "2026-12-24T18:00:00Z");
	const int64_t case_id = mail(h, "I am complaining, my bike was stolen. " COMPLAINT);
	struct rd_outbox_row notice = { 0 };

	assert_int_equal(notices(h, "success@landlord.example", &notice), 1);
	/* Christmas, Boxing Day's substitute on Monday: Tuesday the 29th at nine. */
	assert_int_equal(notice.not_before_ms, house_instant("2026-12-29T09:00:00Z"));
	assert_true(house_says(h, &notice, "crime reference number"));
	DAY_IS(task_of(h, case_id, "crime reference").due, "2026-12-29");
	house_send(h);
	notices(h, "success@landlord.example", &notice);
	assert_int_equal(notice.state, RD_OUTBOX_QUEUED);
	house_at(h, "2026-12-29T09:00:00Z");
	house_send(h);
	notices(h, "success@landlord.example", &notice);
	assert_int_equal(notice.state, RD_OUTBOX_SENT);
}

static void what_joins_and_says_something_new_routes_and_is_not_told_twice(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const int64_t case_id = mail(h, COMPLAINT);
	const char *reference = house_case(h, case_id).reference;
	struct rd_outbox_row notice = { 0 };

	assert_int_equal(notices(h, NULL, NULL), 0);
	house_mail_in(h, .subject = reference, .body = "I am frail, " GAS);
	house_work(h);
	assert_int_equal(notices(h, "senior@landlord.example", &notice), 1);
	assert_int_equal(notices(h, "success@landlord.example", NULL), 1);
	/* Danger told of again is told on once a day; what is known already is not. */
	for (int i = 0; i < 3; i++) {
		h->now_ms += 60000;
		house_mail_in(h, .subject = reference, .body = "I am frail, again. " GAS);
		house_work(h);
	}
	assert_int_equal(notices(h, "senior@landlord.example", NULL), 2);
	assert_int_equal(notices(h, "success@landlord.example", NULL), 1);
	assert_int_equal(house_case_of(h, 2), case_id);
}

static void old_mail_makes_tasks_and_no_notice(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const int64_t id = house_mail_in(h, .body = GAS, .received = "2026-10-01T10:00:00Z");

	house_work(h);
	assert_int_equal(notices(h, NULL, NULL), 0);
	task_of(h, house_case_of(h, id), "old mail");
}

static void a_held_case_is_told_of_and_stays_held(void **state)
{
	static const char roles[] = "\nRole: the safeguarding lead\nTo: safe@landlord.example\n";
	struct house *h = *state = new_house("later-living", roles, NULL);
	const int64_t case_id = mail(h, "I am complaining. I am afraid of him.");
	struct rd_outbox_row notice = { 0 };

	assert_true(house_case(h, case_id).held);
	assert_int_equal(notices(h, "safe@landlord.example", &notice), 1);
	assert_int_equal(notice.state, RD_OUTBOX_QUEUED);
	assert_true(house_says(h, &notice, "abuse or neglect goes the safeguarding way too"));
	assert_false(house_says(h, &notice, "afraid"));
}

/* --- who is not there --- */

static void a_role_that_nobody_is_called_leaves_the_task(void **state)
{
	struct house *h = *state = new_house("plexus-omega", NULL, NULL);
	const int64_t case_id = mail(h, GAS);

	assert_int_equal(notices(h, NULL, NULL), 0);
	task_of(h, case_id, "Tell a senior manager by hand");
	assert_true(audited(h, case_id, "\"unknown_role\":true"));
}

static void danger_that_no_profile_routes_goes_to_whoever_is_above_all(void **state)
{
	static const char roles[] = "\nRole: complaints manager\nTo: chief@landlord.example\n";
	struct house *h = *state = new_house(NULL, roles, NULL);
	struct rd_config *config = h->config;

	config->warnings_to = "complaints manager";
	mail(h, GAS);
	assert_int_equal(notices(h, "chief@landlord.example", NULL), 1);
}

static void danger_for_a_role_that_is_not_there_goes_to_whoever_is_above_all(void **state)
{
	static const char roles[] = "\nRole: complaints manager\nTo: chief@landlord.example\n";
	struct house *h = *state = new_house("plexus-omega", roles, NULL);
	int64_t case_id;

	h->config->warnings_to = "complaints manager";
	case_id = mail(h, GAS);
	assert_int_equal(notices(h, "chief@landlord.example", NULL), 1);
	task_of(h, case_id, "Tell a senior manager by hand");
	assert_false(house_alarm(h, "danger_untold"));
}

static void danger_of_which_nobody_can_be_told_is_alarmed(void **state)
{
	static const char roles[] = "\nRole: somebody else\nTo: else@landlord.example\n";
	struct house *h = *state = new_house("plexus-omega", roles, NULL);

	mail(h, GAS);
	assert_int_equal(notices(h, NULL, NULL), 0);
	assert_true(house_alarm(h, "danger_untold"));
}

static size_t n_said;
static void count(void *context, const char *text)
{
	n_said += strstr(text, context) != NULL;
}

static void check_says_whom_it_cannot_find(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const struct rd_landlord *landlord =
		&rd_live_policy(h->desk.live, house_landlords[0])->landlord;
	char managing[] = "the Managing Director", senior[] = "`a senior manager`";

	n_said = 0;
	rd_role_check_landlord(h->config, landlord, count, managing);
	assert_true(n_said > 0);
	n_said = 0;
	rd_role_check_landlord(h->config, landlord, count, senior);
	assert_int_equal(n_said, 0);
}

/* --- complaints about staff --- */

#define HIS_ROLES                                                                                  \
	"\nRole: Service Lead\nTo: lead@landlord.example\nHeld by: Pat Jones\n"                    \
	"Then up: Director of Housing\n"                                                           \
	"\nRole: Head of People and Communications\nTo: people@landlord.example\n"                 \
	"\nRole: Director of Communities & Customer Service\nTo: director@landlord.example\n"      \
	"\nRole: Director of Housing\nTo: housing@landlord.example\n"                              \
	"\nRole: Customer Focus Manager\nTo: focus@landlord.example\nHeld by: Robin Marsh\n"

static void a_complaint_about_staff_goes_round_the_one_it_is_about(void **state)
{
	struct house *h = *state = new_house("homes-in-sedgemoor", HIS_ROLES, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "I am complaining. Mr Jones was rude to me.");

	assert_int_equal(notices(h, "lead@landlord.example", NULL), 0);
	assert_int_equal(notices(h, "housing@landlord.example", NULL), 1);
	assert_int_equal(notices(h, "people@landlord.example", NULL), 1);
	assert_true(house_runs(h, case_id, "conduct.respond"));
	DAY_IS(house_clock(h, case_id, "conduct.respond").due, "2026-12-01");
	assert_string_equal(house_case(h, case_id).marks[0], "about: Service Lead");
	assert_int_equal(rd_act_assign(h->db, &staff, case_id, "Pat Jones", &h->err), RD_E_REFUSED);
	assert_int_equal(
		rd_act_assign(h->db, &staff, case_id, "the Service Lead", &h->err), RD_E_REFUSED);
	OK(rd_act_assign(h->db, &staff, case_id, "Ola Owner", &h->err));
}

static void one_about_the_manager_in_charge_goes_above_her(void **state)
{
	struct house *h = *state = new_house("homes-in-sedgemoor", HIS_ROLES, NULL);
	const int64_t case_id =
		mail(h, "I am complaining. Your customer focus manager was rude to me.");

	assert_int_equal(notices(h, "focus@landlord.example", NULL), 0);
	assert_int_equal(notices(h, "director@landlord.example", NULL), 1);
	assert_int_equal(notices(h, "people@landlord.example", NULL), 1);
	assert_int_equal(notices(h, "lead@landlord.example", NULL), 0);
	assert_true(audited(h, case_id, "complaints-manager-conduct"));
	/* Nor is she told of what else comes of it. */
	house_mail_in(h, .subject = house_case(h, case_id).reference, .body = "I am frail.");
	house_work(h);
	assert_int_equal(notices(h, "focus@landlord.example", NULL), 0);
	task_of(h, case_id, "find somebody else");
}

static void staff_who_open_a_case_say_whom_it_is_about(void **state)
{
	struct house *h = *state = new_house("homes-in-sedgemoor", HIS_ROLES, NULL);
	static const char *const topics[] = { "how staff behaved" };
	static const char *const about[] = { "Pat Jones" };
	const struct rd_office staff = house_staff(h);
	const struct rd_act_open open = { .landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.channel = RD_BY_PHONE,
		.topics = topics,
		.n_topics = 1,
		.about = about,
		.n_about = 1,
		.received_ms = h->now_ms };
	int64_t case_id;

	OK(rd_act_open(h->db, &staff, &open, &case_id, &h->err));
	assert_int_equal(notices(h, "lead@landlord.example", NULL), 0);
	assert_int_equal(notices(h, "people@landlord.example", NULL), 1);
	/* By hand, about somebody else too: the route for the manager takes the place. */
	OK(rd_act_route(h->db, &staff, case_id, "staff-conduct",
		(const char *const[]){ "Robin Marsh" }, 1, &h->err));
	assert_int_equal(notices(h, "director@landlord.example", NULL), 1);
	assert_int_equal(
		rd_act_route(h->db, &staff, case_id, "nowhere", NULL, 0, &h->err), RD_E_MISSING);
}

/* --- other routes --- */

static void an_advocate_asks_for_consent_which_ends_the_task(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "I write on behalf of my mother. " COMPLAINT);

	assert_int_equal(notices(h, "success@landlord.example", NULL), 1);
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_CONSENT), 1);
	OK(rd_act_consent(
		h->db, &staff, case_id, RD_CONSENT_GIVEN, "her daughter, by mail", &h->err));
	assert_int_equal(house_n_tasks(h, case_id, RD_ACT_TASK_CONSENT), 0);
}

static void a_role_that_answers_is_no_resident(void **state)
{
	struct house *h = *state = new_house("plexus-omega", PLEXUS_ROLES, NULL);
	const int64_t by_mail =
		house_mail_in(h, .from = "senior@landlord.example", .body = COMPLAINT);
	int64_t by_text;

	house_work(h);
	by_text = house_text(h, OUT_NO, COMPLAINT);
	house_work_texts(h);
	assert_int_equal(house_letters(h, house_case_of(h, by_mail), NULL, NULL), 0);
	assert_int_equal(house_letters(h, house_case_of(h, by_text), NULL, NULL), 0);
}

/* --- the clocks beside the stages --- */

static void feedback_is_answered_in_its_own_time(void **state)
{
	struct house *h = *state = new_house("feedback-first", NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const struct rd_act_response response = { .stage = RD_STAGE_1 };
	const int64_t case_id = mail(h, COMPLAINT);

	DAY_IS(house_clock(h, case_id, "feedback.respond").due, "2026-11-19");
	house_send(h);
	OK(rd_act_respond(h->db, &staff, case_id, &response, &h->err));
	assert_false(house_runs(h, case_id, "feedback.respond"));
	assert_true(house_clock(h, case_id, "feedback.respond").met_ms != 0);
}

static void a_bad_survey_is_met_by_getting_in_touch(void **state)
{
	struct house *h = *state = new_house("homes-in-sedgemoor", NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "About your survey: I am still waiting.");

	if (house_case(h, case_id).status == RD_STATUS_REVIEW)
		OK(rd_act_decide(h->db, &staff, house_review(h, case_id).id, RD_SURVEY_FEEDBACK,
			"it is", &(int64_t){ 0 }, &h->err));
	assert_true(house_runs(h, case_id, "survey.contact"));
	OK(rd_act_contacted(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	assert_false(house_runs(h, case_id, "survey.contact"));
	assert_int_equal(house_n_tasks(h, case_id, "contact"), 0);
}

static void a_members_enquiry_is_met_by_its_answer(void **state)
{
	struct house *h = *state = new_house("one-housing", NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "I write as your MP: what time do you open?");

	assert_int_equal(house_case(h, case_id).kind, RD_ENQUIRY);
	DAY_IS(house_clock(h, case_id, "enquiry.respond").due, "2026-12-01");
	OK(rd_act_answered(h->db, &staff, case_id, (struct rd_date){ 0 }, &h->err));
	assert_false(house_runs(h, case_id, "enquiry.respond"));
	assert_int_equal(house_case(h, case_id).status, RD_STATUS_ANSWERED);
	assert_int_equal(house_task(h, case_id, "acknowledge").id, 0);
}

static void mould_is_investigated_told_and_made_safe(void **state)
{
	struct house *h = *state = new_house(NULL, NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "The leak made black mould.");
	const struct rd_date today = { 0 };

	DAY_IS(house_clock(h, case_id, "hazard.investigate").due, "2026-12-01");
	assert_false(house_runs(h, case_id, "hazard.emergency"));
	assert_int_equal(rd_act_hazard(h->db, &staff, case_id, RD_HAZARD_SUMMARY, today, &h->err),
		RD_E_REFUSED);
	house_at(h, "2026-11-19T10:00:00Z");
	OK(rd_act_hazard(h->db, &staff, case_id, RD_HAZARD_INVESTIGATED, today, &h->err));
	assert_false(house_runs(h, case_id, "hazard.investigate"));
	DAY_IS(house_clock(h, case_id, "hazard.summary").due, "2026-11-24");
	DAY_IS(house_clock(h, case_id, "hazard.make_safe").due, "2026-11-26");
	OK(rd_act_hazard(h->db, &staff, case_id, RD_HAZARD_SUMMARY, today, &h->err));
	OK(rd_act_hazard(h->db, &staff, case_id, RD_HAZARD_MADE_SAFE, today, &h->err));
	assert_false(house_runs(h, case_id, "hazard.summary"));
	assert_false(house_runs(h, case_id, "hazard.make_safe"));
	/* It comes back: the clock runs again. */
	house_at(h, "2026-12-10T10:00:00Z");
	house_mail_in(
		h, .subject = house_case(h, case_id).reference, .body = "The black mould is back.");
	house_work(h);
	assert_true(house_runs(h, case_id, "hazard.investigate"));
}

/* Until somebody writes of a danger anew. */
static void a_home_made_safe_ends_the_emergency_words(void **state)
{
	struct house *h = *state = new_house(NULL, NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, COMPLAINT " I smell gas.");
	struct rd_outbox_row letter = { 0 };

	OK(rd_act_define(h->db, &staff, case_id, "The gas.", NULL, &h->err));
	house_letters(h, case_id, "definition", &letter);
	assert_true(letter.emergency);
	house_send(h);
	OK(rd_act_hazard(
		h->db, &staff, case_id, RD_HAZARD_MADE_SAFE, (struct rd_date){ 0 }, &h->err));
	house_at(h, "2026-11-19T10:00:00Z");
	OK(rd_act_define(h->db, &staff, case_id, "The gas, and the wait.", NULL, &h->err));
	house_letters(h, case_id, "definition", &letter);
	assert_true(house_says(h, &letter, "and the wait"));
	assert_false(letter.emergency);
	house_send(h);
	house_at(h, "2026-12-10T10:00:00Z");
	house_mail_in(h, .subject = house_case(h, case_id).reference, .body = "I smell gas.");
	house_work(h);
	OK(rd_act_define(h->db, &staff, case_id, "The gas, once more.", NULL, &h->err));
	house_letters(h, case_id, "definition", &letter);
	assert_true(house_says(h, &letter, "once more"));
	assert_true(letter.emergency);
}

static void an_emergency_counts_hours_and_outlives_the_kind(void **state)
{
	struct house *h = *state = new_house(NULL, NULL, NULL);
	const struct rd_office staff = house_staff(h);
	const int64_t case_id = mail(h, "The tap leaks and I smell gas.");
	const struct rd_case_clock clock = house_clock(h, case_id, "hazard.emergency");

	assert_int_equal(clock.due_ms, house_instant("2026-11-18T12:00:00Z"));
	OK(rd_act_reclassify(h->db, &staff, case_id, RD_COMPLAINT, "she says so", false, &h->err));
	assert_true(house_runs(h, case_id, "hazard.emergency"));
	OK(rd_act_hazard(
		h->db, &staff, case_id, RD_HAZARD_MADE_SAFE, (struct rd_date){ 0 }, &h->err));
	assert_false(house_runs(h, case_id, "hazard.emergency"));
}

static void no_heating_is_no_hazard_of_the_second_phase_while_that_is_off(void **state)
{
	struct house *h = *state = new_house(NULL, NULL, NULL);
	const int64_t case_id = mail(h, "I am complaining: we have no heating.");

	assert_true(house_runs(h, case_id, "hazard.emergency"));
	assert_false(house_runs(h, case_id, "hazard.investigate"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(danger_goes_at_once_and_holds_no_word_of_the_resident),
		house_test_own(out_of_hours_it_goes_to_the_telephone),
		house_test_own(what_can_wait_waits_for_the_roles_hours),
		house_test_own(what_joins_and_says_something_new_routes_and_is_not_told_twice),
		house_test_own(old_mail_makes_tasks_and_no_notice),
		house_test_own(a_held_case_is_told_of_and_stays_held),
		house_test_own(a_role_that_nobody_is_called_leaves_the_task),
		house_test_own(danger_that_no_profile_routes_goes_to_whoever_is_above_all),
		house_test_own(danger_for_a_role_that_is_not_there_goes_to_whoever_is_above_all),
		house_test_own(danger_of_which_nobody_can_be_told_is_alarmed),
		house_test_own(check_says_whom_it_cannot_find),
		house_test_own(a_complaint_about_staff_goes_round_the_one_it_is_about),
		house_test_own(one_about_the_manager_in_charge_goes_above_her),
		house_test_own(staff_who_open_a_case_say_whom_it_is_about),
		house_test_own(an_advocate_asks_for_consent_which_ends_the_task),
		house_test_own(a_role_that_answers_is_no_resident),
		house_test_own(feedback_is_answered_in_its_own_time),
		house_test_own(a_bad_survey_is_met_by_getting_in_touch),
		house_test_own(a_members_enquiry_is_met_by_its_answer),
		house_test_own(mould_is_investigated_told_and_made_safe),
		house_test_own(a_home_made_safe_ends_the_emergency_words),
		house_test_own(an_emergency_counts_hours_and_outlives_the_kind),
		house_test_own(no_heating_is_no_hazard_of_the_second_phase_while_that_is_off),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
