/* redressctl calendar update: a new list of bank holidays for the rule folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/base/arena.h"
#include "redress/base/clock.h"
#include "redress/base/file.h"
#include "redress/policy/policy.h"
#include "redress/policy/workday.h"
#include "redress/wire/http.h"

#define ARENA_BYTES    (16u << 20)
#define LOST_NAMED_MAX 5 /* days named where some are missing */

/* gov.uk's divisions, each with a nation that stands for it. */
static const struct division {
	const char *name;
	enum rd_nation nation;
} divisions[] = {
	{ "england-and-wales", RD_ENGLAND },
	{ "scotland", RD_SCOTLAND },
	{ "northern-ireland", RD_NORTHERN_IRELAND },
};

#define N_DIVISIONS (sizeof divisions / sizeof divisions[0])

struct calendars {
	struct rd_calendar *of[N_DIVISIONS];
};

struct update {
	struct rd_arena *arena;
	const char *from, *ca_file;
	char folder[RD_PATH_BYTES_MAX],
		path[RD_PATH_BYTES_MAX]; /* calendars/, bank-holidays.json */
	const char *bytes;
	size_t len;
	struct rd_date today;
	struct calendars fresh, present; /* present.of[0] NULL: none to compare with */
	bool same;
};

static void free_calendars(struct calendars *calendars)
{
	for (size_t i = 0; i < N_DIVISIONS; i++)
		rd_calendar_cleanup(&calendars->of[i]);
}

static void end_update(struct update *u)
{
	free_calendars(&u->fresh);
	free_calendars(&u->present);
	rd_arena_free(u->arena);
}

static enum rd_rc parse_all(const char *file, const char *bytes, size_t len,
	struct calendars *ret_calendars, struct rd_err *err)
{
	RD_CLEANUP(free_calendars) struct calendars all = { { NULL } };

	for (size_t i = 0; i < N_DIVISIONS; i++)
		RD_TRY(rd_calendar_parse(
			file, bytes, len, divisions[i].nation, NULL, 0, &all.of[i], err));
	*ret_calendars = all;
	memset(&all, 0, sizeof all);
	return RD_OK;
}

/* --- where it comes from --- */

static void free_response(struct rd_http_response *response)
{
	rd_http_response_free(response);
}

static enum rd_rc fetch(struct update *u, struct rd_err *err)
{
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	RD_CLEANUP(free_response) struct rd_http_response answer = { 0 };
	const struct rd_http_request request = { .method = "GET", .url = u->from };
	bool reached;

	if (strncmp(u->from, "https://", 8) != 0)
		return rd_fail(err, RD_E_REFUSED,
			"%s: a calendar is only taken over https; write https:// in the address",
			u->from);
	RD_TRY(rd_http_new(u->ca_file, &http, err));
	RD_TRY(rd_http_ask(http, &request, &answer, &reached, err));
	if (answer.status != 200)
		return rd_fail(err, answer.status >= 500 ? RD_E_AGAIN : RD_E_REFUSED,
			"%s: the server answered %ld; look at the address in a browser, or "
			"download the file and name that",
			u->from, answer.status);
	u->bytes = rd_arena_copy(u->arena, rd_buf_str(&answer.body), answer.body.len);
	u->len = answer.body.len;
	return u->bytes != NULL ? RD_OK : rd_fail(err, RD_E_RANGE, "%s: too large", u->from);
}

static enum rd_rc take_new(struct update *u, struct rd_err *err)
{
	if (strstr(u->from, "://") != NULL)
		RD_TRY(fetch(u, err));
	else
		RD_TRY(rd_file_read(
			u->from, RD_CALENDAR_BYTES_MAX, u->arena, &u->bytes, &u->len, err));
	return parse_all(u->from, u->bytes, u->len, &u->fresh, err);
}

/* A present file that cannot be read is what a new one cures: there is nothing to compare with. */
static enum rd_rc take_present(struct update *u, struct rd_err *err)
{
	struct rd_err unreadable = { 0 };
	const char *bytes;
	size_t len;
	enum rd_rc rc = rd_file_read(u->path, RD_CALENDAR_BYTES_MAX, u->arena, &bytes, &len, err);

	if (rc == RD_E_MISSING)
		return RD_OK;
	RD_TRY(rc);
	u->same = len == u->len && memcmp(bytes, u->bytes, len) == 0;
	if (parse_all(u->path, bytes, len, &u->present, &unreadable) != RD_OK)
		fprintf(stderr, "redressctl: what is there is not compared: %s\n", unreadable.msg);
	return RD_OK;
}

/* --- whether it may be taken --- */

static bool holds(const struct rd_calendar *calendar, struct rd_date day)
{
	size_t n;
	const struct rd_date *days = rd_calendar_days(calendar, &n);

	for (size_t i = 0; i < n; i++)
		if (rd_date_compare(days[i], day) == 0)
			return true;
	return false;
}

/* A bank holiday that has been stays one: without it, dates that were promised would come out
 * otherwise. */
static enum rd_rc check_past(const struct update *u, size_t i, struct rd_err *err)
{
	size_t n, n_lost = 0, used = 0;
	const struct rd_date *days = rd_calendar_days(u->present.of[i], &n);
	char lost[LOST_NAMED_MAX * (RD_DATE_MAX + 2)] = "", day[RD_DATE_MAX];

	for (size_t k = 0; k < n; k++) {
		if (rd_date_compare(days[k], u->today) > 0 || holds(u->fresh.of[i], days[k]))
			continue;
		if (n_lost < LOST_NAMED_MAX) {
			snprintf(lost + used, sizeof lost - used, "%s%s", n_lost > 0 ? ", " : "",
				rd_date_format(days[k], day));
			used = strlen(lost);
		}
		n_lost++;
	}
	if (n_lost == 0)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"%s: \"%s\" lacks bank holidays that have been (%s%s); copy them from %s into it "
		"first",
		u->from, divisions[i].name, lost, n_lost > LOST_NAMED_MAX ? ", ..." : "", u->path);
}

static enum rd_rc check_end(const struct update *u, size_t i, struct rd_err *err)
{
	const struct rd_date last = rd_calendar_last_day(u->fresh.of[i]);
	char until[RD_DATE_MAX], present[RD_DATE_MAX];

	if (rd_date_compare(last, u->today) < 0)
		return rd_fail(err, RD_E_REFUSED,
			"%s: \"%s\" ends on %s, which is past; take the new one from gov.uk",
			u->from, divisions[i].name, rd_date_format(last, until));
	if (u->present.of[i] != NULL &&
		rd_date_compare(last, rd_calendar_last_day(u->present.of[i])) < 0)
		return rd_fail(err, RD_E_REFUSED,
			"%s: \"%s\" ends on %s, sooner than the present one (%s); is it an old "
			"file?",
			u->from, divisions[i].name, rd_date_format(last, until),
			rd_date_format(rd_calendar_last_day(u->present.of[i]), present));
	return RD_OK;
}

static enum rd_rc check(const struct update *u, struct rd_err *err)
{
	for (size_t i = 0; i < N_DIVISIONS; i++) {
		RD_TRY(check_end(u, i, err));
		if (u->present.of[i] != NULL)
			RD_TRY(check_past(u, i, err));
	}
	return RD_OK;
}

/* --- putting it in its place --- */

static void remove_file(char (*path)[RD_PATH_BYTES_MAX])
{
	if (**path != '\0')
		unlink(*path);
}

static enum rd_rc write_failed(const char *path, struct rd_err *err)
{
	const int why = errno;
	bool never =
		why == EACCES || why == EPERM || why == ENOENT || why == ENOTDIR || why == EROFS;

	return rd_fail(err, never ? RD_E_REFUSED : RD_E_AGAIN, "%s: %s", path, strerror(why));
}

static enum rd_rc put_in_place(const struct update *u, struct rd_err *err)
{
	RD_CLEANUP(remove_file) char part[RD_PATH_BYTES_MAX] = "";
	char name[RD_PATH_BYTES_MAX];

	if (snprintf(name, sizeof name, "%s/.bank-holidays.XXXXXX", u->folder) >= (int)sizeof name)
		return rd_fail(err, RD_E_RANGE, "%s: this path is too long", u->folder);
	RD_CLEANUP(rd_fd_close) int fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return write_failed(u->folder, err);
	memcpy(part, name, sizeof part);
	RD_TRY(rd_fd_write(fd, u->bytes, u->len, part, err));
	if (fchmod(fd, 0644) != 0 || fsync(fd) != 0)
		return write_failed(part, err);
	if (rename(part, u->path) != 0)
		return write_failed(u->path, err);
	part[0] = '\0';
	RD_CLEANUP(rd_fd_close) int folder = open(u->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || fsync(folder) != 0)
		return write_failed(u->folder, err);
	return RD_OK;
}

/* --- what changed --- */

/* Days of `calendar` that `other` (NULL: none) lacks. */
static json_t *days_beyond(const struct rd_calendar *calendar, const struct rd_calendar *other)
{
	json_t *list = json_array();
	size_t n = 0;
	const struct rd_date *days = calendar != NULL ? rd_calendar_days(calendar, &n) : NULL;

	for (size_t i = 0; i < n; i++)
		if (other == NULL || !holds(other, days[i]))
			json_array_append_new(list, rd_json_day(days[i]));
	return list;
}

static void print_days(const char *what, const json_t *days)
{
	size_t n = json_array_size(days);

	if (n == 0)
		return;
	printf("    %s:", what);
	for (size_t i = 0; i < n; i++)
		printf("%s %s", i > 0 ? "," : "", json_string_value(json_array_get(days, i)));
	putchar('\n');
}

static void tell(const struct rd_ctl *ctl, const struct update *u)
{
	json_t *all = json_array();
	char until[RD_LONG_DATE_MAX];

	if (!ctl->json)
		printf("%s %s\n", u->path,
			u->same ? "held this calendar already; nothing was changed." : "is new:");
	for (size_t i = 0; i < N_DIVISIONS; i++) {
		json_t *added = days_beyond(u->fresh.of[i], u->present.of[i]);
		json_t *removed = days_beyond(u->present.of[i], u->fresh.of[i]);
		const struct rd_date last = rd_calendar_last_day(u->fresh.of[i]);
		if (!ctl->json) {
			printf("  %s reaches to %s\n", divisions[i].name,
				rd_date_format_long(last, until));
			print_days("new", added);
			print_days("no longer a bank holiday", removed);
		}
		json_array_append_new(
			all, json_pack("{s:s,s:o,s:o,s:o}", "division", divisions[i].name, "added",
				     added, "removed", removed, "last_day", rd_json_day(last)));
	}
	if (ctl->json) {
		rd_json_print(json_pack(
			"{s:s,s:b,s:o}", "file", u->path, "changed", !u->same, "divisions", all));
		return;
	}
	json_decref(all);
	if (!u->same)
		puts("It goes live with `redressctl rules activate --reason TEXT`.");
}

static enum rd_rc find_place(const struct rd_ctl *ctl, struct update *u, struct rd_err *err)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	const char *dir = ctl->rules;

	if (dir == NULL) {
		RD_TRY(rd_config_read(
			ctl->config != NULL ? ctl->config : RD_CTL_CONFIG, &config, err));
		dir = config->rules;
	}
	int len = snprintf(u->path, sizeof u->path, "%s/" RD_POLICY_CALENDAR_FILE, dir);
	if (len < 0 || (size_t)len >= sizeof u->path)
		return rd_fail(err, RD_E_RANGE, "%s: this path is too long", dir);
	memcpy(u->folder, u->path, sizeof u->folder);
	*strrchr(u->folder, '/') = '\0';
	return RD_OK;
}

enum rd_exit rd_ctl_calendar_update(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "ca", required_argument, NULL, 'c' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(end_update) struct update u = { .ca_file = "" };
	struct rd_err err = { 0 };
	int option;

	u.arena = rd_arena_new(ARENA_BYTES);
	u.today = rd_date_of(rd_now_ms(&rd_system_clock));
	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'c')
			u.ca_file = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 != argc)
		return rd_ctl_usage(ctl);
	u.from = argv[optind];
	if (find_place(ctl, &u, &err) != RD_OK || take_new(&u, &err) != RD_OK ||
		take_present(&u, &err) != RD_OK || check(&u, &err) != RD_OK ||
		(!u.same && put_in_place(&u, &err) != RD_OK))
		return rd_ctl_fail(&err);
	tell(ctl, &u);
	return RD_EXIT_DONE;
}
