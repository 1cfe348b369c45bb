/* A thousand mails from one sender: nobody else waits or goes without, no more letters leave than
 * the caps allow, and people owe one task for them. */
#include "support/house.h"

#define N_FLOOD	 1000
#define FLOODER	 "Max Many <max@example.net>"
#define N_OTHERS 5

static int64_t from_max(struct house *h, int i)
{
	return house_mail_in(h, .from = FLOODER,
		.subject = rd_arena_printf(h->arena, "Number %d", i),
		.body = rd_arena_printf(h->arena, COMPLAINT " This is letter %d.", i));
}

static size_t n_to(struct house *h, const char *recipient)
{
	const struct rd_outbox_filter all = { .max = 5000 };
	struct rd_outbox_row *rows;
	size_t n, n_found = 0;

	OK(rd_outbox_list(h->db, &all, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		n_found += strcmp(rows[i].recipient, recipient) == 0;
	return n_found;
}

static struct rd_task flood_task(struct house *h, size_t *ret_n)
{
	struct rd_task *tasks, found = { .kind = NULL };
	size_t n;

	*ret_n = 0;
	OK(rd_task_list(h->db, (struct rd_date){ 0 }, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(tasks[i].kind, "flood") == 0) {
			found = tasks[i];
			(*ret_n)++;
		}
	return found;
}

static void a_thousand_mails_of_one_sender_are_one_task(void **state)
{
	struct house *h = *state;
	int64_t others[N_OTHERS], last = 0;
	struct rd_status_counts counts;
	struct rd_task task;
	size_t n;

	for (int i = 0; i < N_FLOOD; i++) {
		last = from_max(h, i);
		if (i % (N_FLOOD / N_OTHERS) == 0)
			others[i * N_OTHERS / N_FLOOD] = house_mail_in(h, .body = COMPLAINT,
				.from = rd_arena_printf(h->arena, "r%d@example.org", i));
	}
	house_work(h);
	/* every mail is kept and has its fate; the others are as if alone */
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.accepted, N_FLOOD + N_OTHERS);
	assert_int_equal(counts.processed, N_FLOOD + N_OTHERS);
	for (int i = 0; i < N_OTHERS; i++) {
		FATE_IS(others[i], RD_FATE_OPENED);
		house_letter(h, house_case_of(h, others[i]), "acknowledgement");
	}
	assert_int_equal(n_to(h, "max@example.net"), RD_LETTERS_AN_HOUR_MAX);
	/* up to the cap each has a case of its own; what came beyond is together */
	assert_int_equal(house_n_cases(h), RD_MESSAGES_AN_HOUR_MAX + 1 + N_OTHERS);
	task = flood_task(h, &n);
	assert_int_equal(n, 1);
	assert_int_equal(task.n, N_FLOOD - RD_MESSAGES_AN_HOUR_MAX);
	DAY_IS(task.due, "2026-11-18");
	assert_int_equal(house_case_of(h, last), task.case_id);
	assert_int_equal(house_case(h, task.case_id).n_messages, N_FLOOD - RD_MESSAGES_AN_HOUR_MAX);
	assert_int_equal(house_case(h, task.case_id).status, RD_STATUS_REVIEW);
	DAY_IS(house_clock(h, task.case_id, "stage1.acknowledge").due, "2026-11-24");
	assert_int_equal(house_n_tasks(h, task.case_id, NULL), 1);
	house_send(h);
	assert_int_equal(house_count_files(h, "sent/new"), RD_LETTERS_AN_HOUR_MAX + N_OTHERS);
}

static void a_flood_that_speaks_of_danger_is_read_today(void **state)
{
	struct house *h = *state;
	struct rd_task task;
	size_t n;

	for (int i = 0; i < RD_MESSAGES_AN_HOUR_MAX; i++)
		from_max(h, i);
	for (int i = 0; i < 3; i++)
		house_mail_in(h, .from = FLOODER, .body = "I smell gas and I am afraid of him");
	house_work(h);
	task = flood_task(h, &n);
	assert_int_equal(task.n, 3);
	DAY_IS(house_task(h, task.case_id, "urgent").due, "2026-11-17");
	assert_int_equal(house_n_tasks(h, task.case_id, "urgent"), 1);
	assert_int_equal(house_n_tasks(h, task.case_id, "safeguarding"), 1);
	assert_true(house_case(h, task.case_id).held);
}

static void what_is_surely_nothing_stays_nothing(void **state)
{
	struct house *h = *state;
	size_t n;

	for (int i = 0; i < RD_MESSAGES_AN_HOUR_MAX + 5; i++)
		house_mail_in(h, .from = FLOODER, .body = CIRCULAR);
	house_work(h);
	assert_int_equal(house_n_cases(h), 0);
	(void)flood_task(h, &n);
	assert_int_equal(n, 0);
}

/* A week of somebody's mail at once, after an outage: by the hours in which it was received. */
static void what_was_received_over_days_is_no_flood(void **state)
{
	struct house *h = *state;
	size_t n;

	for (int i = 0; i < 3 * RD_MESSAGES_AN_HOUR_MAX / 2; i++) {
		const char *received = rd_arena_printf(
			h->arena, "2026-11-%02dT%02d:00:00Z", 13 + i / 10, 8 + i % 10);

		house_mail_in(h, .from = FLOODER, .body = COMPLAINT, .received = received);
	}
	house_work(h);
	(void)flood_task(h, &n);
	assert_int_equal(n, 0);
}

/* Under the hour's cap for hours on end: the day's. */
static void a_slow_flood_is_one_too(void **state)
{
	struct house *h = *state;
	size_t n;

	house_at(h, "2026-11-17T00:30:00Z");
	for (int i = 0; i < RD_MESSAGES_A_DAY_MAX + 2; i++) {
		from_max(h, i);
		h->now_ms += 4 * 60000;
	}
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2);
}

static void after_the_task_is_done_a_new_flood_is_a_new_task(void **state)
{
	struct house *h = *state;
	const struct rd_office staff = house_staff(h);
	struct rd_task first, second;
	size_t n;

	for (int i = 0; i < RD_MESSAGES_AN_HOUR_MAX + 2; i++)
		from_max(h, i);
	house_work(h);
	first = flood_task(h, &n);
	OK(rd_act_task_done(h->db, &staff, first.id, "read", &h->err));
	for (int i = 0; i < 2; i++)
		from_max(h, 100 + i);
	house_work(h);
	second = flood_task(h, &n);
	assert_int_equal(n, 1);
	assert_int_not_equal(second.id, first.id);
	assert_int_not_equal(second.case_id, first.case_id);
	assert_int_equal(second.n, 2);
}

/* Her answer to our letter in the middle of it stands on its own case, and is read there. */
static void one_that_names_its_case_joins_that(void **state)
{
	struct house *h = *state;
	const int64_t first = from_max(h, 0);
	size_t n, n_tasks, n_letters;
	int64_t case_id, answer;

	house_work(h);
	case_id = house_case_of(h, first);
	for (int i = 1; i < RD_MESSAGES_AN_HOUR_MAX; i++)
		from_max(h, i);
	house_work(h);
	n_tasks = house_n_tasks(h, case_id, NULL);
	n_letters = house_letters(h, case_id, NULL, NULL);
	answer = house_mail_in(
		h, .from = FLOODER, .body = COMPLAINT, .subject = house_case(h, case_id).reference);
	house_work(h);
	assert_int_equal(house_case_of(h, answer), case_id);
	assert_non_null(house_task(h, case_id, "read").kind);
	assert_int_equal(house_n_tasks(h, case_id, NULL), n_tasks + 1);
	assert_int_equal(house_letters(h, case_id, NULL, NULL), n_letters);
	assert_int_equal(flood_task(h, &n).n, 1);
	from_max(h, 50);
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2);
	assert_int_equal(n, 1);
	assert_int_not_equal(flood_task(h, &n).case_id, case_id);
	for (int i = 0; i < 3; i++) /* however many: one task */
		house_mail_in(h, .from = FLOODER, .subject = house_case(h, case_id).reference,
			.body = rd_arena_printf(h->arena, COMPLAINT " Again, %d.", i));
	house_work(h);
	assert_int_equal(house_case(h, case_id).n_messages, 5);
	assert_int_equal(house_n_tasks(h, case_id, NULL), n_tasks + 1);
}

static void colleagues_and_named_senders_may_write_many(void **state)
{
	const struct house_options options = {
		.staff = "@landlord.example\nMany messages from: max@example.net\n"
			 "Messages per hour: 3"
	};
	struct house *h;
	size_t n;

	*state = h = house_new(&options);
	for (int i = 0; i < 5; i++) {
		from_max(h, i);
		house_mail_in(h, .from = "pat@landlord.example", .body = COMPLAINT);
		house_mail_in(h, .from = "eve@example.net", .body = COMPLAINT);
	}
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2); /* eve's alone */
	assert_int_equal(n, 1);
	assert_int_equal(house_n_cases(h), 5 + 5 + 3 + 1);
}

#define RESULTS(words) "Authentication-Results: mx.house.example; " words "\r\n"
#define FORM	       "no-reply@site.example"
#define FILLED_IN(email, words)                                                                    \
	"Your name: Ada\r\nYour e-mail address: " email "\r\nYour message:\r\n" words

static const struct house_options with_a_form = {
	.start_from = "now\nTrust results of: mx.house.example\nForm sender: " FORM
		      "\nForm field: name = Your name\nForm field: email = Your e-mail address"
		      "\nForm field: words = Your message",
	.staff = "@landlord.example\nMessages per hour: 3",
};

static void form(struct house *h, const char *email, int i)
{
	house_mail_in(h, .from = FORM,
		.body = rd_arena_printf(h->arena, FILLED_IN("%s", COMPLAINT " (%d)"), email, i));
}

static void is_answered_alone(struct house *h, int64_t id)
{
	FATE_IS(id, RD_FATE_OPENED);
	house_letter(h, house_case_of(h, id), "acknowledgement");
	assert_true(house_runs(h, house_case_of(h, id), "stage1.acknowledge"));
	assert_int_equal(house_case(h, house_case_of(h, id)).n_messages, 1);
}

/* By the web form, by a forged From, and by mail of which the server knows nothing. */
static void what_others_write_in_her_name_is_not_her_flood(void **state)
{
	static const char *const results[] = { "", RESULTS("dmarc=fail") };
	struct house *h;
	int64_t passed;
	size_t n;

	*state = h = house_new(&with_a_form);
	for (int i = 0; i < 5; i++)
		form(h, "ada@example.org", i);
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2);
	for (size_t k = 0; k < sizeof results / sizeof results[0]; k++) {
		h->now_ms += 61 * 60000; /* her letters of an hour are no matter here */
		for (int i = 0; i < 5; i++)
			house_mail_in(h, .from = "ada@example.org", .headers = results[k],
				.body = rd_arena_printf(h->arena, COMPLAINT " (%zu %d)", k, i));
		house_work(h);
	}
	(void)flood_task(h, &n);
	assert_int_equal(n, 3);
	house_at(h, "2026-11-18T14:30:00Z");
	for (int i = 0; i < 5; i++)
		house_mail_in(h, .from = "ada@example.org", .headers = RESULTS("dmarc=fail"),
			.body = rd_arena_printf(h->arena, COMPLAINT " (again %d)", i));
	house_work(h);
	passed = house_mail_in(h, .from = "ada@example.org",
		.headers = RESULTS("dmarc=pass header.from=example.org"), .body = COMPLAINT);
	house_work(h);
	is_answered_alone(h, passed);
}

/* Whatever address is typed in, it is the form's; who types another or none is another. */
static void a_form_floods_by_the_address_in_it(void **state)
{
	struct house *h;
	size_t n;

	*state = h = house_new(&with_a_form);
	for (int i = 0; i < 5; i++) {
		form(h, "pat@landlord.example", i);
		form(h, "none", i);
	}
	form(h, "eve@example.net", 0);
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2); /* who calls herself Pat's alone */
	assert_int_equal(n, 1);
	assert_int_equal(house_n_cases(h), 3 + 1 + 5 + 1);
}

/* It gets no letter as no colleague does, and nobody is told that a colleague wrote. */
static void a_colleague_named_in_a_form_proves_nothing(void **state)
{
	struct house *h;
	const char *words;
	int64_t id;

	*state = h = house_new(&with_a_form);
	id = house_mail_in(h, .from = FORM, .body = FILLED_IN("pat@landlord.example", COMPLAINT));
	house_work(h);
	assert_int_equal(house_letters(h, house_case_of(h, id), NULL, NULL), 0);
	words = house_task(h, house_case_of(h, id), "resident").text;
	assert_int_equal(strncmp(words, "Careful: ", 9), 0);
	assert_non_null(strstr(words, "web form"));
	assert_null(strstr(words, "A colleague wrote"));
}

static void mail_from_nobody_is_one_senders(void **state)
{
	struct house *h;
	size_t n;

	*state = h = house_new(&with_a_form);
	for (int i = 0; i < 5; i++) {
		const char *text = rd_arena_printf(h->arena,
			"To: complaints@house.example\r\nMessage-ID: "
			"<n%d@example.net>\r\n\r\n" COMPLAINT " (%d)\r\n",
			i, i);

		house_put_raw(h, 0, text, strlen(text), h->now_ms, h->now_ms);
	}
	house_work(h);
	assert_int_equal(flood_task(h, &n).n, 2);
	assert_int_equal(house_n_cases(h), 3 + 1);
}

static void the_letters_of_an_hour_and_a_day_are_the_configurations(void **state)
{
	const struct house_options options = {
		.staff = "@landlord.example\nLetters per hour: 2\nLetters per day: 3"
	};
	struct house *h;

	*state = h = house_new(&options);
	for (int i = 0; i < 3; i++)
		from_max(h, i); /* decided before any has left: what waits counts */
	house_work(h);
	assert_int_equal(n_to(h, "max@example.net"), 2);
	house_send(h);
	h->now_ms += 61 * 60000;
	for (int i = 3; i < 6; i++)
		from_max(h, i);
	house_work(h);
	house_send(h);
	assert_int_equal(n_to(h, "max@example.net"), 3);
	assert_int_equal(house_count_files(h, "sent/new"), 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test(a_thousand_mails_of_one_sender_are_one_task),
		house_test(a_flood_that_speaks_of_danger_is_read_today),
		house_test(what_is_surely_nothing_stays_nothing),
		house_test(what_was_received_over_days_is_no_flood),
		house_test(a_slow_flood_is_one_too),
		house_test(after_the_task_is_done_a_new_flood_is_a_new_task),
		house_test(one_that_names_its_case_joins_that),
		house_test_own(colleagues_and_named_senders_may_write_many),
		house_test_own(what_others_write_in_her_name_is_not_her_flood),
		house_test_own(a_form_floods_by_the_address_in_it),
		house_test_own(a_colleague_named_in_a_form_proves_nothing),
		house_test_own(mail_from_nobody_is_one_senders),
		house_test_own(the_letters_of_an_hour_and_a_day_are_the_configurations),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
