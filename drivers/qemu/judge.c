/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/judge.h"

#include "drivers/qemu/session.h"

/* Answers remembered at most; one of a full expansion has about 10 kB. */
#define MAX_ANSWERS 64

/* One question and what QEMU said to it. */
typedef struct {
    VirtCpuQemuCaps *caps; /* a binary that changes gets new ones, so these say which it was */
    char *question;
    VirtCpuJson *reply; /* or NULL, and: */
    GError *error;
} Answer;

struct _VirtCpuQemuJudge {
    unsigned timeout_ms;
    GCancellable *cancel;

    GMutex lock;    /* guards what is below */
    GQueue answers; /* of Answer, the latest first */
};

struct _VirtCpuQemuHearing {
    VirtCpuQemuJudge *judge;
    VirtCpuQemuCaps *caps;
    const char *machine;
    VirtCpuQemuSession *session; /* NULL until something has to be asked */
};

static void
answer_free(gpointer data)
{
    Answer *answer = data;

    virtcpu_qemu_caps_unref(answer->caps);
    g_free(answer->question);
    virtcpu_json_free(answer->reply);
    g_clear_error(&answer->error);
    g_free(answer);
}

VirtCpuQemuJudge *
virtcpu_qemu_judge_new(unsigned timeout_ms, GCancellable *cancel)
{
    VirtCpuQemuJudge *judge = g_new0(VirtCpuQemuJudge, 1);

    judge->timeout_ms = timeout_ms;
    judge->cancel = cancel;
    g_mutex_init(&judge->lock);
    g_queue_init(&judge->answers);
    return judge;
}

void
virtcpu_qemu_judge_free(VirtCpuQemuJudge *judge)
{
    if (judge == NULL) {
        return;
    }
    g_queue_clear_full(&judge->answers, answer_free);
    g_mutex_clear(&judge->lock);
    g_free(judge);
}

VirtCpuQemuHearing *
virtcpu_qemu_hearing_new(VirtCpuQemuJudge *judge, VirtCpuQemuCaps *caps,
                         const VirtCpuQemuMachine *machine)
{
    VirtCpuQemuHearing *hearing = g_new0(VirtCpuQemuHearing, 1);

    hearing->judge = judge;
    hearing->caps = caps;
    hearing->machine = machine != NULL ? machine->name : VIRTCPU_QEMU_NO_MACHINE;
    return hearing;
}

void
virtcpu_qemu_hearing_free(VirtCpuQemuHearing *hearing)
{
    if (hearing == NULL) {
        return;
    }
    virtcpu_qemu_session_free(hearing->session);
    g_free(hearing);
}

/* Tell the remembered answer to @question in @reply or @error, FALSE when there is none. */
static gboolean
recall(VirtCpuQemuJudge *judge, const VirtCpuQemuCaps *caps, const char *question,
       VirtCpuJson **reply, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&judge->lock);

    for (GList *link = judge->answers.head; link != NULL; link = link->next) {
        const Answer *answer = link->data;

        if (answer->caps != caps || !g_str_equal(answer->question, question)) {
            continue;
        }
        g_queue_unlink(&judge->answers, link);
        g_queue_push_head_link(&judge->answers, link);
        if (answer->reply != NULL) {
            *reply = virtcpu_json_copy(answer->reply);
        } else {
            g_propagate_error(error, g_error_copy(answer->error));
        }
        return TRUE;
    }
    return FALSE;
}

static void
remember(VirtCpuQemuJudge *judge, VirtCpuQemuCaps *caps, const char *question,
         const VirtCpuJson *reply, const GError *error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&judge->lock);
    Answer *answer = g_new0(Answer, 1);

    answer->caps = virtcpu_qemu_caps_ref(caps);
    answer->question = g_strdup(question);
    answer->reply = reply != NULL ? virtcpu_json_copy(reply) : NULL;
    answer->error = error != NULL ? g_error_copy(error) : NULL;
    g_queue_push_head(&judge->answers, answer);
    while (judge->answers.length > MAX_ANSWERS) {
        answer_free(g_queue_pop_tail(&judge->answers));
    }
}

static gboolean
open_session(VirtCpuQemuHearing *hearing, GError **error)
{
    if (hearing->session == NULL) {
        hearing->session = virtcpu_qemu_session_new(hearing->caps->binary, hearing->caps->virt_type,
                                                    hearing->machine, hearing->judge->timeout_ms,
                                                    hearing->judge->cancel, error);
    }
    return hearing->session != NULL;
}

/* Ask now. An answer is what QEMU says, for or against; none at all is not remembered. */
static VirtCpuJson *
ask(VirtCpuQemuHearing *hearing, const char *command, const VirtCpuJson *arguments,
    const char *question, GError **error)
{
    VirtCpuQmpCall call = { .command = command, .arguments = arguments };
    VirtCpuJson *reply = NULL;
    GError *reason = NULL;

    if (!open_session(hearing, error)) {
        return NULL;
    }
    if (!virtcpu_qemu_session_ask(hearing->session, &call, 1, &reason)) {
        virtcpu_qemu_session_explain(hearing->session, reason, error);
    } else {
        remember(hearing->judge, hearing->caps, question, call.reply, call.error);
        reply = g_steal_pointer(&call.reply);
        if (reply == NULL) {
            g_propagate_error(error, g_steal_pointer(&call.error));
        }
    }
    virtcpu_qmp_call_clear(&call);
    return reply;
}

VirtCpuJson *
virtcpu_qemu_hearing_ask(VirtCpuQemuHearing *hearing, const char *command,
                         const VirtCpuJson *arguments, GError **error)
{
    g_autofree char *text = virtcpu_json_format(arguments, FALSE);
    g_autofree char *question = g_strdup_printf("%s %s %s", hearing->machine, command, text);
    VirtCpuJson *reply = NULL;

    return recall(hearing->judge, hearing->caps, question, &reply, error)
               ? reply
               : ask(hearing, command, arguments, question, error);
}
