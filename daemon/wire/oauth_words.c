/* What the servers of tokens refuse, in plain words: what is wrong, and what to do where.
 *
 * Sources: Microsoft Entra authentication and authorization error codes (AADSTS), RFC 6749 5.2,
 * Google's OAuth 2.0 for server to server applications. Of what a server wrote only its code is
 * ever told: its sentences may hold anything. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/wire/oauth.h"

#define ERROR_WORD_MAX 40
#define AADSTS	       "AADSTS"

/* What the server's answer says. */
struct refusal {
	char error[ERROR_WORD_MAX + 1]; /* RFC 6749: a word; "" where it has none */
	long code;			/* AADSTS; 0: none */
	const char *description;	/* looked at, never told */
};

struct reason {
	long code;	  /* AADSTS */
	bool passes;	  /* by itself */
	const char *text; /* what is wrong and what to do */
};

static const struct reason microsoft[] = {
	{ 7000215, false,
		"the secret is wrong. In the app registration, Certificates & secrets, the "
		"secret's "
		"Value is wanted, not its Secret ID; it is shown only once: make a new one if need "
		"be, and put it into the file of `Secret:`" },
	{ 7000222, false,
		"the secret has expired. Make a new one in the app registration, Certificates & "
		"secrets, put its Value into the file of `Secret:` and its day into `Secret "
		"expires:`" },
	{ 7000218, false,
		"the app registration wants a secret or a certificate, and none was "
		"taken. Check `Secret:` or `Certificate:`" },
	{ 7000216, false, "the secret is missing or empty. Check the file of `Secret:`" },
	{ 7000112, false,
		"the app is switched off. In Entra, Enterprise applications, the app's Properties, "
		"set `Enabled for users to sign in` to Yes" },
	{ 700016, false,
		"there is no such app in this directory. Check `Client:` (Application (client) ID "
		"of "
		"the app registration's overview) and `Tenant:` (Directory (tenant) ID beside "
		"it)" },
	{ 7000229, false,
		"the app has no service principal in this directory. In the app registration, API "
		"permissions, `Grant admin consent`" },
	{ 90002, false,
		"there is no such directory. `Tenant:` is the Directory (tenant) ID of the app "
		"registration's overview" },
	{ 900023, false,
		"`Tenant:` is neither a directory's id nor its domain. Copy the Directory (tenant) "
		"ID "
		"of the app registration's overview" },
	{ 65001, false,
		"nobody has consented to what the app may do. An administrator presses `Grant "
		"admin "
		"consent` in the app registration, API permissions" },
	{ 50105, false,
		"the app is not assigned to what it asks for. In the app registration, API "
		"permissions, add IMAP.AccessAsApp and SMTP.SendAsApp (Office 365 Exchange Online, "
		"Application permissions) and `Grant admin consent`" },
	{ 501051, false,
		"the app is not assigned to what it asks for. In the app registration, API "
		"permissions, add IMAP.AccessAsApp and SMTP.SendAsApp (Office 365 Exchange Online, "
		"Application permissions) and `Grant admin consent`" },
	{ 50034, false, "there is no such user in this directory. Check `User:` and `Tenant:`" },
	{ 700027, false,
		"Microsoft does not know the certificate. Upload the very file of `Certificate:` "
		"in "
		"the app registration, Certificates & secrets, Certificates; it must not have "
		"expired" },
	{ 700030, false,
		"the certificate is not one that this app may use. Upload the file of "
		"`Certificate:` "
		"in the app registration, Certificates & secrets, Certificates" },
	{ 700024, false,
		"what we signed is out of its time: this machine's clock is wrong. Set it right "
		"(`timedatectl`)" },
	{ 700023, false,
		"what we signed was meant for another address. Check `Token URL:` and `Tenant:`" },
	{ 700021, false, "Microsoft does not take what we signed for this app. Check `Client:`" },
	{ 50012, false,
		"the proof of who we are does not fit. Check that the file of `Certificate:` is "
		"the "
		"one that the app registration has, and that `Key:` belongs to it" },
	{ 50013, false,
		"the signature does not fit. Check that `Key:` belongs to `Certificate:`, and that "
		"this machine's clock is right" },
	{ 53003, false,
		"a Conditional Access policy forbids it. Whoever keeps the policies (Entra, "
		"Protection, Conditional Access) must except this app, or allow this machine's "
		"address" },
	{ 53000, false,
		"a Conditional Access policy wants a managed device. Whoever keeps the policies "
		"(Entra, Protection, Conditional Access) must except this app" },
	{ 53001, false,
		"a Conditional Access policy wants a joined device. Whoever keeps the policies "
		"(Entra, Protection, Conditional Access) must except this app" },
	{ 50076, false,
		"a second factor is asked for, which no machine has. Use client credentials "
		"(`Secret:` or `Certificate:`), not a person's account" },
	{ 50079, false,
		"a second factor is asked for, which no machine has. Use client credentials "
		"(`Secret:` or `Certificate:`), not a person's account" },
	{ 70011, false,
		"the scope is wrong. Leave `Scope:` out, or write "
		"https://outlook.office365.com/.default" },
	{ 1002012, false,
		"the scope must end in /.default. Leave `Scope:` out, or write "
		"https://outlook.office365.com/.default" },
	{ 500011, false,
		"there is no Exchange Online in this directory, or `Scope:` names something else. "
		"Check `Tenant:` and leave `Scope:` out" },
	{ 700082, false, "the refresh token has expired. Get a new one by signing in anew" },
	{ 50173, false, "the refresh token was withdrawn. Get a new one by signing in anew" },
	{ 50057, false, "the account is switched off. Enable it in Entra, Users" },
	{ 900144, false,
		"something is missing from what was asked; is `Token URL:` Microsoft's "
		"/oauth2/v2.0/token?" },
	{ 90033, true, "a passing trouble at Microsoft" },
	{ 50196, true, "too many tokens were asked for" },
	{ 50058, true, "a passing trouble at Microsoft" },
	{ 90013, false,
		"Microsoft does not understand what was asked. Check `Client:`, `Tenant:` "
		"and `Scope:`" },
};

/* Of Google's descriptions, which say more than its words. NULL text: as the word says. */
static const struct {
	const char *error, *part, *text;
} google[] = {
	{ "invalid_grant", "Invalid JWT Signature",
		"the service account's key is not known: it was deleted or disabled. Make a new "
		"key "
		"(JSON) for the service account and put it into the file of `Service account:`" },
	{ "invalid_grant", "Invalid email or User ID",
		"there is no such mailbox in this Workspace. Check `User:` of the mailbox" },
	{ "invalid_grant", "account not found",
		"the service account is not there any more. Make one, with a key and domain-wide "
		"delegation, and put the key into the file of `Service account:`" },
	{ "invalid_grant", "reasonable timeframe",
		"what we signed is out of its time: this machine's clock is wrong. Set it right "
		"(`timedatectl`)" },
	{ "invalid_grant", "expired or revoked",
		"the refresh token has expired or was withdrawn. Get a new one by signing in anew; "
		"while the consent screen is in testing they last a week" },
	{ "invalid_grant", "",
		"Google does not take the proof. Check that `User:` is a mailbox of this "
		"Workspace, "
		"that the key of `Service account:` is still enabled (or the refresh token still "
		"good), and this machine's clock" },
	{ "unauthorized_client", "",
		"the service account may not act for mailboxes. In the Admin console, Security, "
		"API "
		"controls, Domain-wide delegation, add its Client ID with the scope of this stanza "
		"(https://mail.google.com/); it may take an hour to work" },
	{ "access_denied", "",
		"the service account may not have this scope. In the Admin console, Security, API "
		"controls, Domain-wide delegation, give its Client ID the scope of this stanza "
		"(https://mail.google.com/)" },
	{ "invalid_client", "",
		"Google does not know this client, or its secret is wrong. Check `Client:` and the "
		"file of `Secret:` (Google Cloud console, APIs & Services, Credentials)" },
	{ "deleted_client", "",
		"the client was deleted. Make a new one in the Google Cloud console, APIs & "
		"Services, Credentials" },
	{ "disabled_client", "", "the client is disabled. Enable it in the Google Cloud console" },
	{ "admin_policy_enforced", "",
		"the Workspace's administrator does not allow this app. In the Admin console, "
		"Security, API controls, App access control, trust it" },
	{ "org_internal", "",
		"the client is for another organisation. Make one in the project of this "
		"Workspace" },
};

/* RFC 6749 5.2, of anybody. */
static const struct {
	const char *error, *text;
} standard[] = {
	{ "invalid_client",
		"the server does not know this client, or its secret is wrong. Check `Client:` and "
		"the file of `Secret:`" },
	{ "invalid_grant",
		"the server does not take the proof: it has expired, was withdrawn or is another "
		"client's. Get a new refresh token, or a new secret" },
	{ "unauthorized_client",
		"this client may not ask for tokens in this way. Allow it at the server (client "
		"credentials, or refresh tokens)" },
	{ "unsupported_grant_type", "the server gives no tokens in this way. With a refresh token "
				    "add `Refresh token:`, "
				    "for client credentials leave it out" },
	{ "invalid_scope", "the server does not know the scope. Check `Scope:`" },
	{ "invalid_request",
		"the server does not understand what was asked. Check `Token URL:`, `Client:` and "
		"`Scope:`" },
	{ "access_denied", "the server forbids it. Ask whoever keeps it to allow this client" },
};

static void read_refusal(const json_t *root, struct refusal *ret)
{
	const char *error = json_string_value(json_object_get(root, "error"));
	const char *description = json_string_value(json_object_get(root, "error_description"));
	const json_t *codes = json_object_get(root, "error_codes");
	const char *at;

	*ret = (struct refusal){ .description = description != NULL ? description : "" };
	if (error != NULL && strlen(error) <= ERROR_WORD_MAX &&
		strspn(error, "abcdefghijklmnopqrstuvwxyz_") == strlen(error))
		snprintf(ret->error, sizeof ret->error, "%s", error);
	at = strstr(ret->description, AADSTS);
	if (at != NULL)
		ret->code = strtol(at + strlen(AADSTS), NULL, 10);
	else if (json_is_integer(json_array_get(codes, 0)))
		ret->code = (long)json_integer_value(json_array_get(codes, 0));
}

static const struct reason *known_code(long code)
{
	for (size_t i = 0; i < sizeof microsoft / sizeof microsoft[0]; i++)
		if (microsoft[i].code == code)
			return &microsoft[i];
	return NULL;
}

static enum rd_rc explain_microsoft(const struct refusal *refusal, struct rd_err *err)
{
	const struct reason *reason = known_code(refusal->code);

	if (reason != NULL)
		return rd_fail(err, reason->passes ? RD_E_AGAIN : RD_E_REFUSED,
			"Microsoft gives no token: %s (%s%ld)", reason->text, AADSTS,
			refusal->code);
	return rd_fail(err, RD_E_REFUSED,
		"Microsoft gives no token (%s%ld); what that means stands at "
		"https://login.microsoftonline.com/error?code=%ld",
		AADSTS, refusal->code, refusal->code);
}

static const char *google_text(const struct refusal *refusal)
{
	for (size_t i = 0; i < sizeof google / sizeof google[0]; i++)
		if (strcmp(google[i].error, refusal->error) == 0 &&
			strcasestr(refusal->description, google[i].part) != NULL)
			return google[i].text;
	return NULL;
}

static const char *standard_text(const char *error)
{
	for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
		if (strcmp(standard[i].error, error) == 0)
			return standard[i].text;
	return NULL;
}

static bool may_pass(const struct refusal *refusal, long status)
{
	return status == 408 || status == 429 || status >= 500 ||
	       strcmp(refusal->error, "temporarily_unavailable") == 0 ||
	       strcmp(refusal->error, "server_error") == 0 ||
	       strcmp(refusal->error, "rate_limit_exceeded") == 0;
}

static enum rd_rc explain(const struct rd_oauth_config *oauth, const char *user, long status,
	const struct refusal *refusal, struct rd_err *err)
{
	const char *who = oauth->kind == RD_OAUTH_GOOGLE ? "Google" : "the OAuth server";
	const char *text = oauth->kind == RD_OAUTH_GOOGLE ? google_text(refusal) : NULL;
	const bool personal = rd_oauth_is_personal(oauth);

	if (may_pass(refusal, status))
		return rd_fail(err, RD_E_AGAIN,
			"the OAuth server cannot give a token now (HTTP %ld); it is asked again",
			status);
	if (oauth->kind == RD_OAUTH_MICROSOFT && refusal->code > 0)
		return explain_microsoft(refusal, err);
	if (text == NULL)
		text = standard_text(refusal->error);
	if (text != NULL)
		return rd_fail(err, RD_E_REFUSED, "%s gives no token%s%.100s: %s (%s)", who,
			personal ? " for " : "", personal ? user : "", text, refusal->error);
	if (refusal->error[0] != '\0')
		return rd_fail(err, RD_E_REFUSED, "%s gives no token (%s, HTTP %ld)", who,
			refusal->error, status);
	return rd_fail(err, RD_E_REFUSED,
		"what answers at the address of the token answers HTTP %ld and gives none; check "
		"`Token URL:`%s",
		status, oauth->kind == RD_OAUTH_MICROSOFT ? " and `Tenant:`" : "");
}

enum rd_rc rd_oauth_explain(const struct rd_oauth_config *oauth, const char *user, long status,
	const char *body, size_t len, struct rd_err *err)
{
	json_error_t why;
	json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &why);
	struct refusal refusal;
	enum rd_rc rc;

	read_refusal(root, &refusal);
	rc = explain(oauth, user, status, &refusal, err);
	json_decref(root);
	return rc;
}

/* --- a token that the mail server does not take --- */

static const char *login_remedy(const struct rd_oauth_config *oauth, bool imap)
{
	switch (oauth->kind) {
	case RD_OAUTH_MICROSOFT:
		return imap ? "Microsoft gave the token, but the app has no right to this mailbox: "
			      "in Exchange Online PowerShell New-ServicePrincipal (with the "
			      "Enterprise application's Object ID) and Add-MailboxPermission "
			      "-AccessRights FullAccess; and IMAP.AccessAsApp needs admin consent"
			    : "Microsoft gave the token, but the app may not send by this mailbox: "
			      "in Exchange Online PowerShell New-ServicePrincipal (with the "
			      "Enterprise application's Object ID) and Add-MailboxPermission "
			      "-AccessRights FullAccess; and SMTP.SendAsApp needs admin consent";
	case RD_OAUTH_GOOGLE:
		return imap ? "Google gave the token, but the mailbox does not take it. In the "
			      "Admin console, Gmail, End User Access, switch IMAP on for this "
			      "mailbox, and check `Scope:` and `User:`"
			    : "Google gave the token, but the mailbox does not take it. Check "
			      "`User:`, and `Scope:` (https://mail.google.com/ for SMTP)";
	case RD_OAUTH_OTHER:
		break;
	}
	return "the token was given, but the mail server does not take it. Check `User:`, `Scope:` "
	       "and whether `Client:` may use this mailbox";
}

enum rd_rc rd_oauth_explain_login(const struct rd_oauth_config *oauth, const char *user,
	const char *protocol, const char *server_words, struct rd_err *err)
{
	return rd_fail(err, RD_E_REFUSED,
		"the server refuses the token for %.80s (%.60s): OAuth %.30s: %s", user,
		server_words, oauth->name, login_remedy(oauth, strcmp(protocol, "IMAP") == 0));
}
