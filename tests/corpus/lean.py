#!/usr/bin/python3
"""Fits the words of rules/leanings.rules to labelled messages.

What the other rules say of a message stays as it is: the points of words are fitted on top of it,
by logistic regression with the rules' totals as they are: complaint or not, and which of the other
kinds. Only open messages are used (ids that end in 2, 6 or 8 are the check sets). Five folds, dealt
by a hash of the id, tell how well that does on messages not fitted to, and choose how much the
points of rules weigh beside those of words.

    lean.py --redressctl PROGRAM [--rules DIR] [--out FILE] [CORPUS.jsonl ...]

needs python3-scipy. Writes the file; the thresholds that it proposes are printed, for core.rules.
Whoever changes rules much runs it again.
"""
import argparse
import collections
import glob
import hashlib
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

import numpy as np
from scipy import sparse

KINDS = ["service_request", "complaint", "compliment", "asb_report", "survey_feedback", "enquiry",
         "other"]
OTHERS = ["service_request", "compliment", "asb_report", "survey_feedback", "enquiry", "other"]
NAMES = {"complaint": "complaint", "compliment": "compliment", "asb_report": "neighbours",
         "survey_feedback": "survey", "enquiry": "enquiry", "other": "nothing-for-us"}
MEANS = {"complaint": "Words that unhappy residents use more than others",
         "compliment": "Words of praise", "asb_report": "Words about what neighbours do",
         "survey_feedback": "Words of answers to surveys", "enquiry": "Words of questions",
         "other": "Words of messages that ask nothing of us"}
EVEN, EVEN_LEAST, BEGINNING = 36, 9, 5
FEWEST = 8          # a word of fewer messages says nothing for the language
HANDS = 4           # nor does one that fewer writers use: it is the noun of somebody's story
AGREED = 0.6        # nor, for the rarer kinds, one that leans otherwise with so many other writers
LEAST_POINTS = 0.2  # and one of fewer points is not worth a place
STEP = 0.05
MOST_POINTS = 1.0
CAP = 6.0
FOLDS = 5
SCALES = (0.4, 0.6)  # how much a point of a rule may weigh


def is_check(message):
    return message["id"][-1] in "268"


def fold_of(message):
    return hashlib.sha256(message["id"].encode()).digest()[0] % FOLDS


def new_text(body):
    """Without what the reader would set apart as earlier mail: near enough for counting words."""
    body = re.split(r"\n-{2,}\s*(?:original|forwarded)|\n_{10,}|\non [^\n]{5,120}wrote:|\nfrom: ", body,
                    maxsplit=1, flags=re.IGNORECASE)[0]
    return "\n".join(line for line in body.split("\n") if not line.startswith(">"))


def sentences(message):
    for text in (message.get("subject") or "", new_text(message.get("body") or "")):
        text = text.lower().replace("\u2019", "'")
        text = re.sub(r"'s\b", "", text)
        for sentence in re.split(r"[.!?]+\s|\n+", text):
            yield re.findall(r"[^\W_]+", sentence)


def words_of(message):
    found, n = set(), 0
    for words in sentences(message):
        n += len(words)
        for i, word in enumerate(words):
            found.add(word)
            if len(word) > BEGINNING:
                found.add(word[:BEGINNING] + "*")
            if i > 0:
                found.add(words[i - 1] + " " + word)
    return found, n


# They stand in every message and say nothing that a person could follow.
EMPTY = set("""a an the of to in on at by for from with and or as is was are were be am it its i im ive
ve ll re m s t d my me we our us you your u ur he she his her they them their this that there so""".split())


# When a message was written says nothing about what it is.
DATES = set("""january february march april june july august september october november december jan feb
mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon
tue tues wed thu thur thurs fri sat sun""".split())


def may_lean(word):
    """No figures, letters, dates or mere articles: what is left are words of the language."""
    parts = word.rstrip("*").split()
    return (re.fullmatch(r"[a-z]+\*?|[a-z]+ [a-z]+", word) is not None
            and not all(part in EMPTY or len(part) == 1 for part in parts)
            and not any(part in DATES for part in parts)
            and not (word.endswith("*") and any(d.startswith(parts[0]) for d in DATES)))


def hand_of(message):
    """Who wrote it: dev, fresh, v1 ..."""
    return message["id"].split("-")[0]


def of_many_hands(found, messages):
    """Words that HANDS writers use."""
    hands = collections.defaultdict(set)
    for (some, _), message in zip(found, messages):
        for word in some:
            hands[word].add(hand_of(message))
    return {word for word, by in hands.items() if len(by) >= HANDS}


def agreeing(x, wanted, hands):
    """By word and class: does it lean the same way with AGREED of the writers who use it? Each writer
    counts by the square root of how often, so that no single one decides. Only for the rarer kinds:
    a few warm letters of one writer would else make praise of whatever she writes about."""
    classes = wanted.max() + 1
    ways = np.zeros((2, x.shape[1], classes))
    there = (x > 0).astype(float)
    for hand in sorted(set(hands)):
        own = hands == hand
        target = np.zeros((own.sum(), classes))
        target[np.arange(own.sum()), wanted[own]] = 1
        uses = np.asarray(there[own].sum(axis=0)).ravel()
        more = there[own].T @ target - np.outer(uses, target.mean(axis=0))
        weight = np.sqrt(uses)[:, None]
        ways[0] += weight * (more > 0)
        ways[1] += weight * (more < 0)
    return np.maximum(ways[0], ways[1]) >= AGREED * np.maximum(ways.sum(axis=0), 1e-9)


def rule_kinds(rules):
    kinds, decides, rule = {}, set(), None
    for path in glob.glob(os.path.join(rules, "*.rules")):
        for line in open(path, encoding="utf-8"):
            name, _, value = line.rstrip("\n").partition(": ")
            if name in ("Rule", "Combine"):
                rule = value
                kinds[rule] = "complaint"
            elif name == "For" and rule:
                kinds[rule] = value
            elif name == "Decides" and rule:
                decides.add(rule)
    return kinds, decides


def totals(redressctl, rules, messages):
    """Per message its totals by the rules without leanings; None where a rule decides."""
    with tempfile.TemporaryDirectory() as folder:
        bare = os.path.join(folder, "rules")
        shutil.copytree(rules, bare)
        if os.path.exists(os.path.join(bare, "leanings.rules")):
            os.remove(os.path.join(bare, "leanings.rules"))
        lines = "".join(json.dumps({k: m.get(k) or "" for k in ("id", "channel", "subject", "body")})
                        + "\n" for m in messages)
        run = subprocess.run([redressctl, "classify", "--rules", bare, "--landlord", "code-2024",
                              "--jsonl"], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    kinds, decides = rule_kinds(rules)
    answers = []
    for line in run.stdout.splitlines():
        total = dict.fromkeys(KINDS, 0.0)
        settled = False
        for hit in json.loads(line)["hits"]:
            total[kinds.get(hit["rule"], "complaint")] += hit["points"]
            settled = settled or hit["rule"] in decides
        answers.append((total, settled))
    return answers


def descend(gradient, start, steepness, penalty):
    """Nesterov's accelerated descent; the problem is smooth and strongly convex."""
    at, before = start.copy(), start.copy()
    root = math.sqrt(penalty / (steepness + penalty))
    momentum = (1 - root) / (1 + root)
    for _ in range(300):
        ahead = at + momentum * (at - before)
        before = at
        at = ahead - gradient(ahead) / (steepness + penalty)
        if np.abs(at - before).max() < 1e-4:
            break
    return at


def steepest(x):
    v = np.ones(x.shape[1]) / math.sqrt(x.shape[1])
    for _ in range(30):
        v = x.T @ (x @ v)
        norm = np.linalg.norm(v)
        v /= norm
    return norm


def fit(x, offsets, wanted, penalty):
    """Weights (words and, last, a constant) by class; class 0 has none. offsets: by class."""
    n, classes = offsets.shape
    x = sparse.hstack([x, np.ones((n, 1))]).tocsr()
    turned = x.T.tocsr()
    target = np.zeros((n, classes))
    target[np.arange(n), wanted] = 1
    free = np.full(x.shape[1], penalty)
    free[-1] = 0.01

    def gradient(w):
        z = offsets + np.hstack([np.zeros((n, 1)), x @ w])
        z -= z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        return turned @ (p - target)[:, 1:] + free[:, None] * w

    return descend(gradient, np.zeros((x.shape[1], classes - 1)), 0.5 * steepest(x), penalty)


def logits(x, offsets, w):
    return offsets + np.hstack([np.zeros((x.shape[0], 1)), x @ w[:-1] + w[-1]])


def loss(z, wanted):
    z = z - z.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), wanted]))


class Task:
    """One of the two questions: complaint or not, or which of the others."""

    def __init__(self, x, hand, wanted, folds, unseen):
        self.x, self.hand, self.wanted, self.folds, self.unseen = x, hand, wanted, folds, unseen

    def crossed(self, scale, penalty):
        z = np.zeros(self.hand.shape)
        for fold in range(FOLDS):
            out, rest = self.folds == fold, self.folds != fold
            w = fit(self.x[rest], scale * self.hand[rest], self.wanted[rest], penalty)
            z[out] = logits(self.x[out], scale * self.hand[out], w)
        return z

    def best(self, name, penalties):
        tried = []
        for penalty in penalties:
            for scale in SCALES:
                z = self.crossed(scale, penalty)
                u = self.unseen
                tried.append((loss(z[u], self.wanted[u]), scale, penalty, z))
        least = min(tried, key=lambda t: t[0])
        print("%-10s rules weigh %.2f, penalty %g, loss %.3f, right %.3f (without words: loss %.3f)"
              % (name, least[1], least[2], least[0],
                 np.mean(least[3].argmax(axis=1)[self.unseen] == self.wanted[self.unseen]),
                 min(loss(s * self.hand[self.unseen], self.wanted[self.unseen])
                     for s in SCALES)))
        return least


def rounded(points):
    return round(round(points / STEP) * STEP, 2)


def stanza(kind, words, weights, base):
    by_points = collections.defaultdict(list)
    for word, weight in zip(words, weights):
        points = max(-MOST_POINTS, min(MOST_POINTS, rounded(weight)))
        if abs(points) >= LEAST_POINTS:
            by_points[points].append(word)
    lines = ["Leaning: leans-to-" + NAMES[kind], "Means: " + MEANS[kind], "For: " + kind,
             "Base: %g" % max(-10.0, rounded(base)), "Cap: %g" % CAP]
    for points in sorted(by_points, reverse=True):
        line = ""
        for word in sorted(by_points[points]):
            if line and len(line) + len(word) > 90:
                lines.append("Lean: %+g %s" % (points, line))
                line = ""
            line += (", " if line else "") + word
        lines.append("Lean: %+g %s" % (points, line))
    return "\n".join(lines) + "\n"


def propose(points, is_complaint, middle):
    """How wide the band must be for how many complaints to be lost."""
    print("thresholds around %.2f, by the folds:" % middle)
    for half in (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0):
        review = np.mean((points >= middle - half) & (points < middle + half))
        lost = np.mean(points[is_complaint] < middle - half)
        print("  +-%.1f: %4.1f in 100 reviewed, %4.1f in 100 complaints lost"
              % (half, 100 * review, 100 * lost))


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(here))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redressctl", default=os.path.join(root, "build/release/redressctl"))
    parser.add_argument("--rules", default=os.path.join(root, "rules"))
    parser.add_argument("--out", default=None)
    parser.add_argument("--middle", type=float, default=6.0,
                        help="the complaint total at which either answer is as likely")
    parser.add_argument("--unseen", default="v[678]-",
                        help="ids of messages that no rule was written by")
    parser.add_argument("corpus", nargs="*", default=sorted(glob.glob(os.path.join(here, "*.jsonl"))))
    args = parser.parse_args()
    messages = [json.loads(line) for path in args.corpus
                for line in open(path, encoding="utf-8") if line.strip()]
    messages = [m for m in messages if not is_check(m)]
    answers = totals(args.redressctl, args.rules, messages)
    messages, answers = zip(*[(m, a[0]) for m, a in zip(messages, answers) if not a[1]])
    found = [words_of(m) for m in messages]
    in_messages = collections.Counter(w for words, _ in found for w in words)
    shared = of_many_hands(found, messages)
    words = sorted(w for w, n in in_messages.items() if n >= FEWEST and w in shared and may_lean(w))
    column = {w: i for i, w in enumerate(words)}
    x = sparse.lil_matrix((len(messages), len(words)))
    for i, (some, n) in enumerate(found):
        even = math.sqrt(EVEN / max(EVEN_LEAST, n))
        for w in some:
            if w in column:
                x[i, column[w]] = even
    x = x.tocsr()
    label = np.array([m["label"] for m in messages])
    folds = np.array([fold_of(m) for m in messages])
    unseen = np.array([re.match(args.unseen, m["id"]) is not None for m in messages])
    hands = np.array([hand_of(m) for m in messages])
    hand = np.clip(np.array([[a[k] for k in KINDS] for a in answers]), -8, 12)
    print("%d messages, %d words, %d messages that no rule was written by"
          % (len(messages), len(words), unseen.sum()))

    is_complaint = label == "complaint"
    first = Task(x, np.column_stack([np.zeros(x.shape[0]), hand[:, KINDS.index("complaint")]]),
                 is_complaint.astype(int), folds, unseen)
    _, scale, penalty, z = first.best("complaint", (1, 2, 4))
    w = fit(x, scale * first.hand, first.wanted, penalty)[:, 0]
    points = (z[:, 1] - z[:, 0]) / scale + args.middle
    propose(points[unseen], is_complaint[unseen], args.middle)
    stanzas = [stanza("complaint", words, w[:-1] / scale, w[-1] / scale + args.middle)]

    rest = ~is_complaint
    columns = [KINDS.index(k) for k in OTHERS]
    second = Task(x[rest], np.maximum(hand[rest][:, columns], -8),
                  np.array([OTHERS.index(k) for k in label[rest]]), folds[rest], unseen[rest])
    _, scale, penalty, _ = second.best("others", (1, 2))
    w = fit(second.x, scale * second.hand, second.wanted, penalty)
    w[:-1] *= agreeing(second.x, second.wanted, hands[rest])[:, 1:]
    for i, kind in enumerate(OTHERS[1:]):
        stanzas.append(stanza(kind, words, w[:-1, i] / scale, w[-1, i] / scale))
    text = ("# Words that lean to one kind of message, fitted to labelled messages by\n"
            "# tests/corpus/lean.py on top of what the other rules say (redress-rules(5), A LEANING).\n"
            "# A word stands beside the points that it has; change them as you see fit.\n\n"
            + "\n".join(stanzas))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as out:
            out.write(text)
    print("%d points given" % sum(line.count(",") + 1 for line in text.split("\n")
                                  if line.startswith("Lean:")))


if __name__ == "__main__":
    sys.exit(main())
