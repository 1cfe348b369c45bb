/* command: what the files of redressctl share: one file a command group, one line a command in
 * main.c's table.
 *
 * A command gets its own arguments (argv[0] is its last word), reads its options with
 * rd_ctl_next_option (which starts anew for it) and returns an exit status. The options that every
 * command takes stand in RD_CTL_OPTIONS and are handed to rd_ctl_option.
 */
#ifndef REDRESS_REDRESSCTL_COMMAND_H
#define REDRESS_REDRESSCTL_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include "redress/base/err.h"

enum rd_exit {
	RD_EXIT_DONE = 0,
	RD_EXIT_FOUND = 1, /* the check found something */
	RD_EXIT_USAGE = 2, /* usage or configuration error */
	RD_EXIT_LATER = 3, /* try again later */
};

struct rd_ctl {
	const char *config; /* --config, NULL where not given */
	const char *by;	    /* --by, else SUDO_USER, NULL where neither is there */
	const char *rules;  /* --rules, NULL where not given */
	bool json;
	const char *usage; /* of the command that runs, for rd_ctl_usage */
};

typedef enum rd_exit rd_ctl_command(struct rd_ctl *ctl, int argc, char **argv);

rd_ctl_command rd_ctl_classify;
rd_ctl_command rd_ctl_rules_lint;
rd_ctl_command rd_ctl_rules_test;
rd_ctl_command rd_ctl_rules_tune;
rd_ctl_command rd_ctl_rules_stats;
rd_ctl_command rd_ctl_timeline;
rd_ctl_command rd_ctl_calendar_update;
rd_ctl_command rd_ctl_landlord_list;
rd_ctl_command rd_ctl_landlord_show;
rd_ctl_command rd_ctl_rules_activate;
rd_ctl_command rd_ctl_rules_backtest;
rd_ctl_command rd_ctl_rules_diff;
rd_ctl_command rd_ctl_rules_export;
rd_ctl_command rd_ctl_rules_history;
rd_ctl_command rd_ctl_rules_rollback;
rd_ctl_command rd_ctl_case_list;
rd_ctl_command rd_ctl_case_show;
rd_ctl_command rd_ctl_case_pictures;
rd_ctl_command rd_ctl_case_export;
rd_ctl_command rd_ctl_case_open;
rd_ctl_command rd_ctl_case_acknowledge;
rd_ctl_command rd_ctl_case_define;
rd_ctl_command rd_ctl_case_reclassify;
rd_ctl_command rd_ctl_case_contact;
rd_ctl_command rd_ctl_case_note;
rd_ctl_command rd_ctl_case_assign;
rd_ctl_command rd_ctl_case_contacted;
rd_ctl_command rd_ctl_case_agree;
rd_ctl_command rd_ctl_case_respond;
rd_ctl_command rd_ctl_case_extend;
rd_ctl_command rd_ctl_case_escalate;
rd_ctl_command rd_ctl_case_accept;
rd_ctl_command rd_ctl_case_refuse;
rd_ctl_command rd_ctl_case_exclude;
rd_ctl_command rd_ctl_case_withdraw;
rd_ctl_command rd_ctl_case_refer;
rd_ctl_command rd_ctl_case_ombudsman;
rd_ctl_command rd_ctl_notices_add;
rd_ctl_command rd_ctl_notices_list;
rd_ctl_command rd_ctl_notices_done;
rd_ctl_command rd_ctl_case_link;
rd_ctl_command rd_ctl_case_merge;
rd_ctl_command rd_ctl_case_split;
rd_ctl_command rd_ctl_case_action;
rd_ctl_command rd_ctl_case_consent;
rd_ctl_command rd_ctl_case_restrict;
rd_ctl_command rd_ctl_case_compensation;
rd_ctl_command rd_ctl_case_answered;
rd_ctl_command rd_ctl_case_hazard;
rd_ctl_command rd_ctl_case_route;
rd_ctl_command rd_ctl_case_close;
rd_ctl_command rd_ctl_case_reopen;
rd_ctl_command rd_ctl_case_legal_hold;
rd_ctl_command rd_ctl_case_lift_hold;
rd_ctl_command rd_ctl_review_list;
rd_ctl_command rd_ctl_review_decide;
rd_ctl_command rd_ctl_tasks;
rd_ctl_command rd_ctl_outbox_list;
rd_ctl_command rd_ctl_outbox_show;
rd_ctl_command rd_ctl_outbox_approve;
rd_ctl_command rd_ctl_outbox_retry;
rd_ctl_command rd_ctl_outbox_settle;
rd_ctl_command rd_ctl_outbox_cancel;
rd_ctl_command rd_ctl_hooks_list;
rd_ctl_command rd_ctl_hooks_enable;
rd_ctl_command rd_ctl_hooks_disable;
rd_ctl_command rd_ctl_hooks_resend;
rd_ctl_command rd_ctl_hooks_rotate;
rd_ctl_command rd_ctl_hooks_try;
rd_ctl_command rd_ctl_open311_list;
rd_ctl_command rd_ctl_open311_settle;
rd_ctl_command rd_ctl_report_quarter;
rd_ctl_command rd_ctl_report_year;
rd_ctl_command rd_ctl_report_tsm;
rd_ctl_command rd_ctl_report_studies;
rd_ctl_command rd_ctl_contacts_import;
rd_ctl_command rd_ctl_contacts_list;
rd_ctl_command rd_ctl_contacts_show;
rd_ctl_command rd_ctl_person_export;
rd_ctl_command rd_ctl_person_erase;
rd_ctl_command rd_ctl_person_opt_out;
rd_ctl_command rd_ctl_person_opt_in;
rd_ctl_command rd_ctl_messages;
rd_ctl_command rd_ctl_connect;
rd_ctl_command rd_ctl_audit_verify;
rd_ctl_command rd_ctl_audit_ledger;
rd_ctl_command rd_ctl_backup;
rd_ctl_command rd_ctl_restore;
rd_ctl_command rd_ctl_status;

#define RD_OPT_CONFIG 1001
#define RD_OPT_BY     1002
#define RD_OPT_RULES  1003
#define RD_OPT_JSON   1004
#define RD_OPT_HELP   1005

/* Put these at the end of a command's own long options, before the zero entry. */
#define RD_CTL_OPTIONS                                                                             \
	{ "config", required_argument, NULL, RD_OPT_CONFIG },                                      \
		{ "by", required_argument, NULL, RD_OPT_BY },                                      \
		{ "rules", required_argument, NULL, RD_OPT_RULES },                                \
		{ "json", no_argument, NULL, RD_OPT_JSON },                                        \
	{                                                                                          \
		"help", no_argument, NULL, RD_OPT_HELP                                             \
	}

/* getopt_long for a command: takes no option by a part of its name, knows -h, and says itself what
 * is wrong with an option (a '?' comes back). options: zero-ended. -1 at the end. */
int rd_ctl_next_option(int argc, char **argv, const struct option *options);
/* Takes one of RD_CTL_OPTIONS; false for anything else, which was complained of already. */
/* Where commands share a table of options: does this one's usage name the option? */
bool rd_ctl_takes(const struct rd_ctl *ctl, const struct option *options, int option);
bool rd_ctl_option(struct rd_ctl *ctl, int option);
/* Prints the running command's usage to standard error; RD_EXIT_USAGE. */
/* No more than so many words behind the options; else says which is too many, and the usage. */
bool rd_ctl_at_most(const struct rd_ctl *ctl, int argc, char **argv, int most, const char *what);
enum rd_exit rd_ctl_usage(const struct rd_ctl *ctl);
/* Prints "redressctl: ..." to standard error and turns the failure into an exit status. */
enum rd_exit rd_ctl_fail(const struct rd_err *err);
RD_PRINTF(1, 2)
enum rd_exit rd_ctl_complain(const char *format, ...); /* RD_EXIT_USAGE */
/* "`WORD` is not one of a, b, c; did you mean `b`?" names: NULL-ended. RD_EXIT_USAGE. */
enum rd_exit rd_ctl_not_one_of(const char *word, const char *const *names);
/* --rules, else ./rules, else the installed folder. */
const char *rd_ctl_rules_dir(const struct rd_ctl *ctl);

#endif
