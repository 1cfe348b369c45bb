/* config: redress.conf, checked: the gateway, its mailboxes, its text numbers and its way out.
 *
 * The fields are those of design section 5 and redressd.conf(5). A secret is never a value in this
 * file: `credential NAME` (a systemd credential) or `file PATH` (a file that others cannot read);
 * wire/credential.h reads it when it is needed. Parsing is pure; only rd_config_read opens a file.
 * Every error names file:line:column and what to write instead.
 *
 * The whole is immutable and shared; on reload a new one takes its place.
 */
#ifndef REDRESS_WIRE_CONFIG_H
#define REDRESS_WIRE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/message/origin.h"
#include "redress/policy/route.h"
#include "redress/rules/kind.h"
#include "redress/wire/systems.h"

#define RD_MAILBOXES_MAX 32 /* one thread each */
#define RD_TEXTS_MAX	 16
#define RD_OAUTH_MAX	 8
#define RD_STAFF_MAX	 100
#define RD_ROLES_MAX	 100
#define RD_ROLE_NAME_MAX 100				       /* bytes */
#define RD_HOMES_MAX	 (RD_MAILBOXES_MAX + RD_TEXTS_MAX + 1) /* landlords with a number of homes */

enum rd_security { RD_SECURITY_TLS = 0, RD_SECURITY_STARTTLS, RD_SECURITY_PLAIN };
enum rd_mailbox_kind { RD_MAILBOX_IMAP = 0, RD_MAILBOX_MAILDIR };
enum rd_start_from { RD_START_NOW = 0, RD_START_DAY, RD_START_ALL };
enum rd_afterwards { RD_AFTER_NOTHING = 0, RD_AFTER_KEYWORD, RD_AFTER_MOVE };
enum rd_texts_kind {
	RD_TEXTS_TWILIO = 0,
	RD_TEXTS_NOTIFY,
	RD_TEXTS_TRAY,
	RD_TEXTS_VONAGE,
	RD_TEXTS_FIRETEXT,
	RD_TEXTS_ESENDEX,
	RD_N_TEXTS_KINDS
};
enum rd_outgoing_kind { RD_OUTGOING_SMTP = 0, RD_OUTGOING_MAILDIR };
enum rd_oauth_kind { RD_OAUTH_MICROSOFT = 0, RD_OAUTH_GOOGLE, RD_OAUTH_OTHER };
struct rd_tokens;

/* How tokens are come by that stand in for a password; wire/oauth.h fetches them. */
struct rd_oauth_config {
	const char *name;
	enum rd_oauth_kind kind;
	const char *tenant; /* Microsoft: id or domain of the directory */
	const char *client; /* "" with a service account */
	struct rd_secret_place secret;
	const char *certificate; /* PEM file, "" without; its key is no value of this file: */
	struct rd_secret_place key;
	struct rd_secret_place service_account; /* Google: the key file in JSON */
	struct rd_secret_place refresh_token;
	const char *token_url;
	const char *scope;	       /* "" asks for none */
	const char *ca_file;	       /* for the token URL; "" : the system's store */
	struct rd_date secret_expires; /* not set: not said */
	struct rd_tokens *tokens;      /* the daemon's one cache of them; locks itself */
	struct rd_refresh *refresh;    /* of `Refresh token:`; NULL: none is kept */
};

struct rd_mailbox_config {
	const char *name; /* the label of the stanza */
	enum rd_mailbox_kind kind;
	const char *path;   /* maildir */
	const char *host;   /* imap, and the rest */
	int port;	    /* 993 for tls, 143 else */
	const char *folder; /* INBOX */
	enum rd_security security;
	const char *ca_file; /* "" : the system's store */
	const char *user;
	struct rd_secret_place password;     /* this, or: */
	const struct rd_oauth_config *oauth; /* NULL: by password */
	const char *landlord;		     /* the stanza's, else the gateway's */
	enum rd_start_from start_from;
	struct rd_date start_day;
	enum rd_afterwards afterwards;
	const char *afterwards_word; /* keyword or folder */
	uint64_t size_limit_bytes;   /* 64 MB */
	struct rd_origin origin;     /* whose word to take for a sender; web forms */
};

struct rd_texts_config {
	const char *name;
	enum rd_texts_kind kind;
	const char *number;  /* ours, E.164, or a short code */
	const char *account; /* the provider's name for our account */
	const char *user;    /* Esendex: of its API; FireText: of its webhook */
	int64_t poll_ms;     /* how often received texts are listed; 0: never */
	struct rd_secret_place
		token; /* Twilio auth token, Notify callback bearer token, tray's token */
	struct rd_secret_place api_key; /* Notify: `API key:` for sending */
	const char *template_id;	/* Notify: `Template:`, with one placeholder ((body)) */
	const char *api_url;		/* the provider's own by default; loopback in tests */
	const char *path;		/* tray: a directory */
	const char *signature; /* Vonage: how its requests are signed, one of the provider's own */
	const char *landlord;
};

struct rd_outgoing_config {
	const char *name;
	enum rd_outgoing_kind kind;
	const char *path; /* maildir */
	const char *host;
	int port; /* 465 for tls, 587 starttls, 25 plain */
	enum rd_security security;
	const char *ca_file;
	const char *user;		     /* "" : no authentication */
	struct rd_secret_place password;     /* this, or: */
	const struct rd_oauth_config *oauth; /* NULL: by password */
	const char *from;		     /* address, may carry a display name: Name <a@b> */
	const char *envelope_sender;	     /* "" is the null sender <> */
};

/* A role of the landlord: who is told of a case, where, when, and who comes next. */
struct rd_role_config {
	const char *name;		/* of the stanza */
	const char *landlord;		/* "": of every landlord */
	const char *const *also_called; /* other names by which profiles call it */
	size_t n_also_called;
	const char *const *held_by; /* people; never told of a complaint about themselves */
	size_t n_held_by;
	const char *to;		  /* mail address, or a number in canonical form */
	const char *out_of_hours; /* the same for what cannot wait; "": `to` at any time */
	struct rd_hours hours;
	const char *then_up; /* the role that comes next; "": none */
	bool wants_digest;   /* every working day */
	int digest_minute;   /* of the London day */
};

#define RD_WARN_BEFORE_MAX   5	/* warnings before one due date */
#define RD_WARN_WORKDAYS_MAX 20 /* the earliest of them, in working days before it */

/* How many homes a landlord owns, for the rates of a report. */
struct rd_homes {
	const char *landlord;
	int64_t n;
};

#define RD_KEEP_MONTHS	   72	/* six years from closure, where nothing else is said */
#define RD_KEEP_MONTHS_MAX 1200 /* a hundred years */

/* How long words are kept; 0: for ever. */
struct rd_keep {
	int months[RD_N_KINDS]; /* of cases, from the day on which they were closed */
	int no_case_months;	/* of messages that stand on no case, from the day they came */
	int contacts_months;	/* of residents, from the day a contacts file named them last */
};

#define RD_LETTERS_AN_HOUR_MAX	4 /* automatic letters to one address */
#define RD_LETTERS_A_DAY_MAX	6
#define RD_MESSAGES_AN_HOUR_MAX 20 /* of one sender that each have a case of their own */
#define RD_MESSAGES_A_DAY_MAX	60
#define RD_MANY_MAX		100

/* What one correspondent may set going by itself. */
struct rd_caps {
	int letters_hour, letters_day, messages_hour, messages_day;
	const char *const *many; /* senders of whom many messages are right; as staff */
	size_t n_many;
};

struct rd_config {
	const char *file;
	const char *gateway;	 /* its name: X-Loop, Message-ID's left of the domain */
	const char *state;	 /* the store's file, absolute */
	const char *rules;	 /* the folder that a person edits */
	const char *listen_host; /* loopback by default: 127.0.0.1 */
	int listen_port;	 /* 0: a free one, said in the log and in STATE.port */
	bool listen;		 /* false where no Listen: stands */
	const char *const *trusted_proxies;
	size_t n_trusted_proxies;
	const char *public_url; /* without a slash at its end; "" unless a provider signs over it */
	const char *landlord;
	const char *const *staff; /* "@landlord.example" or whole addresses; see is_staff below */
	size_t n_staff;
	const struct rd_homes *homes;
	size_t n_homes;
	const char *warnings_to;	     /* the role above all owners; "": nobody */
	int warn_before[RD_WARN_BEFORE_MAX]; /* working days before a due date, the most first */
	size_t n_warn_before;
	const struct rd_role_config *roles;
	size_t n_roles;
	struct rd_keep keep;
	struct rd_caps caps;
	const char *alarms_to;	 /* "" : nobody */
	int text_hours_from_min; /* minutes of the London day: 480 */
	int text_hours_to_min;	 /* 1200 */
	int text_pause_s;	 /* 90; 0..3600 */
	struct rd_mailbox_config *mailboxes;
	size_t n_mailboxes;
	struct rd_texts_config *texts;
	size_t n_texts;
	struct rd_outgoing_config *outgoing; /* NULL where there is none; one at most */
	struct rd_oauth_config *oauths;
	size_t n_oauths;
	struct rd_hook_config *hooks;
	size_t n_hooks;
	struct rd_open311_config *open311;
	size_t n_open311;
	struct rd_api_token_config *api_tokens;
	size_t n_api_tokens;
};

/* Owned: rd_config_free. */
RD_MUST_USE enum rd_rc rd_config_read(
	const char *path, struct rd_config **ret_config, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_config_parse(const char *file, const char *text, size_t len,
	struct rd_config **ret_config, struct rd_err *err);
void rd_config_free(struct rd_config *config); /* NULL is fine */
void rd_config_cleanup(struct rd_config **config);

/* The role that a profile's phrase, or the owner of a case, names for that landlord; one of the
 * landlord's own before one of every landlord's. NULL: none is called so. */
const struct rd_role_config *rd_config_role(
	const struct rd_config *config, const char *landlord, const char *phrase);
/* Is it an address of the landlord's own people, a role's among them? Their mail is nobody's but a
 * resident's whom they name in it, and is never answered by itself. */
bool rd_config_is_staff(const struct rd_config *config, const char *address);
/* What is known of the mailbox of that name; NULL: there is none. Borrowed. */
const struct rd_origin *rd_config_origin_of(const struct rd_config *config, const char *mailbox);
/* A sender who may write any number of messages (`Many messages from:`). */
bool rd_config_writes_many(const struct rd_config *config, const char *address);
/* The number of a landlord's homes; 0: not said. */
int64_t rd_config_homes(const struct rd_config *config, const char *landlord);
/* Does any stanza speak to the world (not maildir and tray alone)? */
bool rd_config_is_real(const struct rd_config *config);
/* Is this host name or address the machine's own loopback? Plaintext is for that alone. */
bool rd_host_is_loopback(const char *host);

#endif
