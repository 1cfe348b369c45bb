/* redressctl: the tool for staff and administrators. Which command it is, and nothing else. */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"
#include "redress/base/stanza.h"
#include "redress/reader/reader.h"

#ifndef RD_DATADIR
#define RD_DATADIR "/usr/share/redress"
#endif

static const struct command {
	const char *group; /* "rules", or NULL for a command of one word */
	const char *name;
	rd_ctl_command *run;
	const char *usage;
} commands[] = {
	{ NULL, "classify", rd_ctl_classify,
		"classify [--rules DIR] --landlord NAME [--jsonl] [--explain] [FILE.eml ... | -]" },
	{ "rules", "lint", rd_ctl_rules_lint, "rules lint [--notes] [--json] [DIR]" },
	{ "rules", "test", rd_ctl_rules_test,
		"rules test [--mutate [--rule ID] [--file FILE]] [--json] [DIR]" },
	{ "rules", "tune", rd_ctl_rules_tune,
		"rules tune [--labels FILE] [--landlord NAME] [--out FILE] [--json] [SET]" },
	{ "rules", "stats", rd_ctl_rules_stats,
		"rules stats [--days N | --jsonl FILE] [--landlord NAME] [--all] [--json] [SET]" },
	{ NULL, "timeline", rd_ctl_timeline,
		"timeline [--rules DIR] --landlord NAME --received DAY [--EVENT DAY]...\n"
		"    [--flag FLAG] [--json]\n"
		"    EVENT: acknowledged assigned extended responded stage2-requested\n"
		"    stage2-acknowledged stage2-assigned stage2-extended stage2-responded\n"
		"    hazard-known investigated enquired surveyed" },
	{ "calendar", "update", rd_ctl_calendar_update,
		"calendar update [--rules DIR] [--ca FILE] FILE|URL" },
	{ "landlord", "list", rd_ctl_landlord_list, "landlord list [--rules DIR] [--json]" },
	{ "landlord", "show", rd_ctl_landlord_show, "landlord show [--rules DIR] [--json] NAME" },
	{ "rules", "diff", rd_ctl_rules_diff, "rules diff [--text] [--json] [SET [SET]]" },
	{ "rules", "backtest", rd_ctl_rules_backtest,
		"rules backtest [--days N | --from DAY --to DAY] [--jsonl FILE] [--landlord NAME] "
		"[--against SET] [--json] [SET]" },
	{ "rules", "activate", rd_ctl_rules_activate,
		"rules activate --reason TEXT [--accept] [--days N] [DIR]" },
	{ "rules", "rollback", rd_ctl_rules_rollback,
		"rules rollback --reason TEXT [--accept] [--days N] [NUMBER | SHA256]" },
	{ "rules", "history", rd_ctl_rules_history, "rules history [--json]" },
	{ "rules", "export", rd_ctl_rules_export, "rules export NUMBER|SHA256 DIR" },
	{ "case", "list", rd_ctl_case_list,
		"case list [--kind KIND] [--stage STAGE] [--status STATUS] [--open] [--contact "
		"ADDRESS]" },
	{ "case", "show", rd_ctl_case_show, "case show REF" },
	{ "case", "pictures", rd_ctl_case_pictures, "case pictures REF DIR" },
	{ "case", "export", rd_ctl_case_export, "case export REF DIR" },
	{ "case", "open", rd_ctl_case_open,
		"case open --kind KIND --channel phone|letter|in_person [--landlord NAME] "
		"[--contact "
		"ADDRESS] [--name NAME] [--received DAY] [--topic TEXT]... [--outcome TEXT] "
		"[--subject TEXT] [--flag FLAG]... [--about WHO]..." },
	{ "case", "acknowledge", rd_ctl_case_acknowledge,
		"case acknowledge REF [--topic TEXT]... [--outcome TEXT] [--given DAY]" },
	{ "case", "define", rd_ctl_case_define,
		"case define REF --definition TEXT [--outcome TEXT]" },
	{ "case", "reclassify", rd_ctl_case_reclassify,
		"case reclassify REF --kind KIND --why TEXT [--force]" },
	{ "case", "contact", rd_ctl_case_contact,
		"case contact REF --address ADDRESS [--name NAME]" },
	{ "case", "note", rd_ctl_case_note, "case note REF --text TEXT" },
	{ "case", "assign", rd_ctl_case_assign, "case assign REF --to OWNER" },
	{ "case", "contacted", rd_ctl_case_contacted, "case contacted REF [--given DAY]" },
	{ "case", "agree", rd_ctl_case_agree, "case agree REF [--given DAY]" },
	{ "case", "respond", rd_ctl_case_respond,
		"case respond REF --stage 1|2 --skeleton\n"
		"    case respond REF --stage 1|2 --answer FILE [--given DAY]\n"
		"    case respond REF --stage 1|2 [--given DAY] [--found "
		"upheld|partly|not_upheld]" },
	{ "case", "extend", rd_ctl_case_extend,
		"case extend REF --to DAY --why TEXT [--approved-by NAME] [--given DAY]" },
	{ "case", "escalate", rd_ctl_case_escalate,
		"case escalate REF [--asked DAY] [--how reply|text|staff]" },
	{ "case", "accept", rd_ctl_case_accept, "case accept REF [--given DAY]" },
	{ "case", "refuse", rd_ctl_case_refuse, "case refuse REF --why TEXT [--given DAY]" },
	{ "case", "exclude", rd_ctl_case_exclude,
		"case exclude REF --reason NAME [--why TEXT] [--decided-by NAME] [--given DAY]" },
	{ "case", "withdraw", rd_ctl_case_withdraw, "case withdraw REF --why TEXT" },
	{ "case", "refer", rd_ctl_case_refer, "case refer REF [--on DAY] [--why TEXT]" },
	{ "case", "ombudsman", rd_ctl_case_ombudsman,
		"case ombudsman finding REF --finding FINDING --text TEXT [--on DAY]\n"
		"    case ombudsman order REF --text TEXT --due DAY [--amount POUNDS] [--on DAY]\n"
		"    case ombudsman recommendation REF --text TEXT [--due DAY] [--on DAY]\n"
		"    case ombudsman notice REF --text TEXT [--due DAY] [--on DAY]\n"
		"    case ombudsman done REF --number N [--on DAY] [--how TEXT]" },
	{ "case", "link", rd_ctl_case_link, "case link REF --to REF" },
	{ "case", "merge", rd_ctl_case_merge, "case merge REF --into REF --why TEXT" },
	{ "case", "split", rd_ctl_case_split,
		"case split REF --topic TEXT... --why TEXT [--definition TEXT] [--received DAY]" },
	{ "case", "action", rd_ctl_case_action,
		"case action add REF --text TEXT --due DAY [--to OWNER]\n"
		"    case action done REF --action N [--how TEXT]" },
	{ "case", "consent", rd_ctl_case_consent,
		"case consent REF --state asked|given|refused --who TEXT [--copy ADDRESS]" },
	{ "case", "restrict", rd_ctl_case_restrict,
		"case restrict REF --terms TEXT --review DAY --why TEXT [--approved-by NAME] "
		"[--given DAY]\n"
		"    case restrict REF --lift --why TEXT" },
	{ "case", "compensation", rd_ctl_case_compensation,
		"case compensation REF --state asked|offered|accepted|refused [--amount POUNDS] "
		"[--why TEXT]" },
	{ "case", "answered", rd_ctl_case_answered, "case answered REF [--given DAY]" },
	{ "case", "hazard", rd_ctl_case_hazard,
		"case hazard REF --state "
		"reported|emergency|investigated|not_found|summary|made_safe "
		"[--on DAY]" },
	{ "case", "route", rd_ctl_case_route, "case route REF --to ROUTE [--about WHO]..." },
	{ "case", "close", rd_ctl_case_close, "case close REF --why TEXT [--force]" },
	{ "case", "reopen", rd_ctl_case_reopen, "case reopen REF --why TEXT" },
	{ "case", "legal-hold", rd_ctl_case_legal_hold, "case legal-hold REF [--end] --why TEXT" },
	{ "case", "lift-hold", rd_ctl_case_lift_hold, "case lift-hold REF --why TEXT" },
	{ "review", "list", rd_ctl_review_list, "review list [--all] [--samples]" },
	{ "review", "decide", rd_ctl_review_decide, "review decide REVIEW --kind KIND --why TEXT" },
	{ NULL, "tasks", rd_ctl_tasks,
		"tasks [--due-by DAY] [--owner OWNER] [--landlord NAME]\n"
		"    tasks --done TASK --how TEXT" },
	{ "outbox", "list", rd_ctl_outbox_list, "outbox list [--state STATE] [--case REF]" },
	{ "outbox", "show", rd_ctl_outbox_show, "outbox show ROW" },
	{ "outbox", "approve", rd_ctl_outbox_approve, "outbox approve ROW" },
	{ "outbox", "retry", rd_ctl_outbox_retry, "outbox retry ROW" },
	{ "outbox", "settle", rd_ctl_outbox_settle,
		"outbox settle ROW --as sent|send-again|cancel --why TEXT" },
	{ "outbox", "cancel", rd_ctl_outbox_cancel, "outbox cancel ROW --why TEXT" },
	{ "hooks", "list", rd_ctl_hooks_list, "hooks list" },
	{ "hooks", "try", rd_ctl_hooks_try, "hooks try NAME" },
	{ "hooks", "enable", rd_ctl_hooks_enable, "hooks enable NAME" },
	{ "hooks", "disable", rd_ctl_hooks_disable, "hooks disable NAME --why TEXT" },
	{ "hooks", "resend", rd_ctl_hooks_resend, "hooks resend NAME [--event NUMBER]" },
	{ "hooks", "rotate", rd_ctl_hooks_rotate, "hooks rotate NAME" },
	{ "open311", "list", rd_ctl_open311_list, "open311 list [--case REF]" },
	{ "open311", "settle", rd_ctl_open311_settle,
		"open311 settle ROW --as taken|again|never [--id ID] --why TEXT" },
	{ "notices", "add", rd_ctl_notices_add,
		"notices add --text TEXT [--landlord NAME] [--due DAY] [--on DAY]" },
	{ "notices", "list", rd_ctl_notices_list, "notices list [--landlord NAME]" },
	{ "notices", "done", rd_ctl_notices_done, "notices done NOTICE [--on DAY] [--how TEXT]" },
	{ "report", "quarter", rd_ctl_report_quarter,
		"report quarter [--landlord NAME] [--year YYYY --quarter N | --from DAY --to DAY] "
		"[--homes-lcra N] [--homes-lcho N] [--publish] [--json | --csv | --html FILE]" },
	{ "report", "year", rd_ctl_report_year,
		"report year [--landlord NAME] [--year YYYY | --from DAY --to DAY] "
		"[--homes-lcra N] [--homes-lcho N] [--publish] [--json | --csv | --html FILE]" },
	{ "report", "tsm", rd_ctl_report_tsm,
		"report tsm [--landlord NAME] [--year YYYY | --from DAY --to DAY] "
		"[--homes-lcra N] [--homes-lcho N] [--json | --csv | --html FILE]" },
	{ "report", "studies", rd_ctl_report_studies,
		"report studies [--landlord NAME] [--from DAY --to DAY] [--most N] [--json]" },
	{ "contacts", "import", rd_ctl_contacts_import,
		"contacts import FILE.csv [--dry-run] [--skip-bad] [--replace [--accept]] "
		"[--bring-back] [--ignore COLUMN]..." },
	{ "contacts", "list", rd_ctl_contacts_list,
		"contacts list [--landlord NAME] [--restricted] [--adjusted]" },
	{ "contacts", "show", rd_ctl_contacts_show, "contacts show CONTACT" },
	{ "person", "export", rd_ctl_person_export, "person export CONTACT DIR" },
	{ "person", "erase", rd_ctl_person_erase, "person erase CONTACT [--dry-run]" },
	{ "person", "opt-out", rd_ctl_person_opt_out, "person opt-out CONTACT" },
	{ "person", "opt-in", rd_ctl_person_opt_in, "person opt-in CONTACT" },
	{ NULL, "messages", rd_ctl_messages, "messages [--fate FATE]" },
	{ NULL, "connect", rd_ctl_connect, "connect [--send-to ADDRESS] [--try-key] NAME" },
	{ "audit", "verify", rd_ctl_audit_verify, "audit verify" },
	{ "audit", "ledger", rd_ctl_audit_ledger, "audit ledger [--idle]" },
	{ NULL, "backup", rd_ctl_backup, "backup FILE" },
	{ NULL, "restore", rd_ctl_restore, "restore FILE" },
	{ NULL, "status", rd_ctl_status, "status" },
};

#define SET_MEANS                                                                                  \
	"SET: a folder, `live`, a number of `rules history`, or the first digits of a SHA-256\n"
#define OPTIONS_MAX 64 /* of one command */
#define N_COMMANDS  (sizeof commands / sizeof commands[0])

static void print_usage(FILE *out)
{
	fputs("usage: redressctl [--config FILE] [--by NAME] COMMAND\n\ncommands:\n", out);
	for (size_t i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %s\n", commands[i].usage);
	fputs("\nevery command takes --json where it prints anything, and --help\n", out);
}

/* What could not be written was not answered: a full disk must not pass for "done". */
static int finish(int status)
{
	bool failed = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) != 0)
		failed = true;
	if (!failed)
		return status;
	fprintf(stderr, "redressctl: the answer could not be written%s%s\n", errno != 0 ? ": " : "",
		errno != 0 ? strerror(errno) : "");
	return status == RD_EXIT_USAGE ? status : RD_EXIT_LATER;
}

/* The long option as it was typed: "--acknowledged" or "--acknowledged=2026-11-20". */
static const char *typed_option(char **argv)
{
	bool value_apart = optarg != NULL && optind >= 2 && optarg == argv[optind - 1];

	return argv[optind - (value_apart ? 2 : 1)];
}

static void no_such_option(const char *word, const struct option *options)
{
	const char *known[OPTIONS_MAX + 1], *near = NULL;
	const char *name = word + strspn(word, "-");
	size_t n = 0;

	for (; options[n].name != NULL && n < OPTIONS_MAX; n++) {
		known[n] = options[n].name;
		if (name[0] != '\0' && strncmp(known[n], name, strlen(name)) == 0)
			near = known[n];
	}
	known[n] = NULL;
	if (near == NULL)
		near = rd_did_you_mean(name, known);
	rd_ctl_complain("there is no option `%s` here%s%s%s", word,
		near != NULL ? "; did you mean `--" : "", near != NULL ? near : "",
		near != NULL ? "`?" : "");
}

/* how: "+:h" stops at the first word that is no option, ":h" takes options behind words too. */
static int next_option(int argc, char **argv, const char *how, const struct option *options)
{
	char word[64];
	int index = -1;

	opterr = 0;
	int option = getopt_long(argc, argv, how, options, &index);
	if (option == -1)
		return -1;
	if (option == 'h' && index < 0)
		return RD_OPT_HELP;
	const char *typed = typed_option(argv);
	int len = (int)strcspn(typed, "=");
	bool is_short = option == '?' && optopt > 0 && optopt < 256 && typed[1] != '-';
	if (is_short)
		snprintf(word, sizeof word, "-%c", optopt);
	else
		snprintf(word, sizeof word, "%.*s", len < 60 ? len : 60, typed);
	if (option == ':')
		rd_ctl_complain("option `%s` requires an argument", word);
	else if (option == '?' && typed[len] == '=' && optopt != 0 && !is_short)
		rd_ctl_complain("option `%s` takes no value", word);
	/* getopt_long takes a beginning for the whole: it would let `--acknowledge` pass. */
	else if (option == '?' || (size_t)len != 2 + strlen(options[index].name))
		no_such_option(word, options);
	else
		return option;
	return '?';
}

int rd_ctl_next_option(int argc, char **argv, const struct option *options)
{
	return next_option(argc, argv, ":h", options);
}

bool rd_ctl_takes(const struct rd_ctl *ctl, const struct option *options, int option)
{
	for (const struct option *o = options; o->name != NULL; o++) {
		if (o->val != option)
			continue;
		const size_t len = strlen(o->name);
		for (const char *at = ctl->usage; (at = strstr(at, o->name)) != NULL; at += len)
			if (at - ctl->usage >= 2 && memcmp(at - 2, "--", 2) == 0 &&
				!isalpha((unsigned char)at[len]) && at[len] != '-')
				return true;
	}
	return false;
}

bool rd_ctl_option(struct rd_ctl *ctl, int option)
{
	switch (option) {
	case RD_OPT_CONFIG:
		ctl->config = optarg;
		return true;
	case RD_OPT_BY:
		ctl->by = optarg;
		return true;
	case RD_OPT_RULES:
		ctl->rules = optarg;
		return true;
	case RD_OPT_JSON:
		ctl->json = true;
		return true;
	case RD_OPT_HELP:
		printf("usage: redressctl %s\n", ctl->usage);
		if (strstr(ctl->usage, "SET") != NULL)
			fputs(SET_MEANS, stdout);
		exit(finish(RD_EXIT_DONE));
	default:
		return false;
	}
}

enum rd_exit rd_ctl_usage(const struct rd_ctl *ctl)
{
	fprintf(stderr, "usage: redressctl %s\n", ctl->usage);
	return RD_EXIT_USAGE;
}

bool rd_ctl_at_most(const struct rd_ctl *ctl, int argc, char **argv, int most, const char *what)
{
	if (argc - optind <= most)
		return true;
	if (most == 0)
		rd_ctl_complain("this takes no %s; `%s` is too many", what, argv[optind]);
	else
		rd_ctl_complain("%s %s%s at most; `%s` is too many", most == 1 ? "one" : "two",
			what, most == 1 ? "" : "s", argv[optind + most]);
	rd_ctl_usage(ctl);
	return false;
}

enum rd_exit rd_ctl_fail(const struct rd_err *err)
{
	fprintf(stderr, "redressctl: %s\n", err->msg);
	return err->code == RD_E_AGAIN ? RD_EXIT_LATER : RD_EXIT_USAGE;
}

enum rd_exit rd_ctl_complain(const char *format, ...)
{
	va_list args;

	fputs("redressctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return RD_EXIT_USAGE;
}

enum rd_exit rd_ctl_not_one_of(const char *word, const char *const *names)
{
	const char *near = rd_did_you_mean(word, names);

	fprintf(stderr, "redressctl: `%s` is not one of ", word);
	for (size_t i = 0; names[i] != NULL; i++)
		fprintf(stderr, "%s%s", i > 0 ? ", " : "", names[i]);
	if (near != NULL)
		fprintf(stderr, "; did you mean `%s`?", near);
	fputc('\n', stderr);
	return RD_EXIT_USAGE;
}

const char *rd_ctl_rules_dir(const struct rd_ctl *ctl)
{
	static const char *const places[] = { "rules", RD_DATADIR "/rules" };
	struct stat info;

	if (ctl->rules != NULL)
		return ctl->rules;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (stat(places[i], &info) == 0 && S_ISDIR(info.st_mode))
			return places[i];
	return "/usr/share/redress/rules";
}

static bool is_group(const char *word)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].group != NULL && strcmp(commands[i].group, word) == 0)
			return true;
	return false;
}

static enum rd_exit unknown(const char *group, const char *word)
{
	const char *known[N_COMMANDS + 1];
	size_t n = 0;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		bool within = group != NULL && c->group != NULL && strcmp(c->group, group) == 0;
		if (group == NULL)
			known[n++] = c->group != NULL ? c->group : c->name;
		else if (within)
			known[n++] = c->name;
	}
	known[n] = NULL;
	const char *near = rd_did_you_mean(word, known);
	return rd_ctl_complain("unknown command `%s%s%s`%s%s%s redressctl --help lists all",
		group != NULL ? group : "", group != NULL ? " " : "", word,
		near != NULL ? "; did you mean `" : ";", near != NULL ? near : "",
		near != NULL ? "`?" : "");
}

/* What the commands for rule files do, in a phrase each. */
static const struct {
	const char *name, *does;
} rules_do[] = {
	{ "lint", "every fault of a folder, with file, line and column" },
	{ "test", "tries the examples of a folder" },
	{ "tune", "other points, by what people said, as a patch" },
	{ "stats", "what each rule did" },
	{ "diff", "what two sets differ in" },
	{ "backtest", "what other rules would have made of messages that came in" },
	{ "activate", "puts a folder to work, once it is checked and tried" },
	{ "rollback", "puts an older set to work again" },
	{ "history", "every set that was live, when, by whom and why" },
	{ "export", "writes a stored set into a folder" },
};

static void print_group(FILE *out, const char *group)
{
	const bool of_rules = strcmp(group, "rules") == 0;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (commands[i].group == NULL || strcmp(commands[i].group, group) != 0)
			continue;
		fprintf(out, "usage: redressctl %s\n", commands[i].usage);
		for (size_t k = 0; k < sizeof rules_do / sizeof rules_do[0] && of_rules; k++)
			if (strcmp(rules_do[k].name, commands[i].name) == 0)
				fprintf(out, "           %s\n", rules_do[k].does);
	}
	if (of_rules)
		fputs(SET_MEANS, out);
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* `help`, `help case`, `help case show`, as `case show --help`. */
static enum rd_exit help(struct rd_ctl *ctl, int argc, char **argv)
{
	for (size_t i = 0; i < N_COMMANDS && argc > 0; i++) {
		const struct command *c = &commands[i];
		bool here = c->group == NULL ? argc == 1 && strcmp(c->name, argv[0]) == 0
					     : argc == 2 && strcmp(c->group, argv[0]) == 0 &&
						       strcmp(c->name, argv[1]) == 0;
		if (!here)
			continue;
		ctl->usage = c->usage;
		(void)rd_ctl_option(ctl, RD_OPT_HELP);
	}
	if (argc == 0)
		print_usage(stdout);
	else if (is_group(argv[0]) && argc == 1)
		print_group(stdout, argv[0]);
	else
		return unknown(
			is_group(argv[0]) ? argv[0] : NULL, is_group(argv[0]) ? argv[1] : argv[0]);
	return RD_EXIT_DONE;
}

static enum rd_exit run(struct rd_ctl *ctl, int argc, char **argv)
{
	const char *group = is_group(argv[0]) ? argv[0] : NULL;
	int words = group != NULL ? 1 : 0;

	if (asks_for_help(argv[0]))
		return help(ctl, argc - 1, argv + 1);
	if (group != NULL && argc >= 2 && asks_for_help(argv[1])) {
		print_group(stdout, group);
		return RD_EXIT_DONE;
	}
	if (group != NULL && (argc < 2 || argv[1][0] == '-')) {
		print_group(stderr, group);
		return RD_EXIT_USAGE;
	}
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		bool same_group = group == NULL ? c->group == NULL
						: c->group != NULL && strcmp(c->group, group) == 0;
		if (!same_group || strcmp(c->name, argv[words]) != 0)
			continue;
		ctl->usage = c->usage;
		optind = 0; /* glibc starts anew, and takes options behind words again */
		return c->run(ctl, argc - words, argv + words);
	}
	return unknown(group, argv[words]);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { RD_CTL_OPTIONS,
		{ "version", no_argument, NULL, 'V' }, { NULL, 0, NULL, 0 } };
	struct rd_ctl ctl = { .by = getenv("SUDO_USER"),
		.usage = "[--config FILE] [--by NAME] COMMAND" };
	int option;

	rd_reader_main_if_child(argc, argv);
	while ((option = next_option(argc, argv, "+:h", options)) != -1) {
		if (option == RD_OPT_HELP) {
			print_usage(stdout);
			return finish(RD_EXIT_DONE);
		}
		if (option == 'V') {
			puts("redressctl " RD_VERSION);
			return finish(RD_EXIT_DONE);
		}
		if (!rd_ctl_option(&ctl, option))
			return (int)rd_ctl_usage(&ctl);
	}
	if (optind >= argc) {
		print_usage(stderr);
		return (int)RD_EXIT_USAGE;
	}
	return finish((int)run(&ctl, argc - optind, argv + optind));
}
