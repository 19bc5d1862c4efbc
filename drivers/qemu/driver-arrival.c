/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/driver-arrival.h"

#include "drivers/qemu/arrival-question.h"
#include "drivers/qemu/domain-passport.h"
#include "drivers/qemu/driver-priv.h"
#include "drivers/qemu/passport-start.h"
#include "drivers/qemu/subject.h"

/* The passport of @domain, if it runs (transfer full); NULL without an error when it does not. */
static VirtCpuPassport *
ask_domain(VirtCpuDomain *domain, GError **error)
{
    VirtCpuPassport *passport = NULL;

    if (!virtcpu_domain_job_begin_beside(domain, error)) {
        return NULL;
    }
    if (virtcpu_domain_is_active(domain)) {
        passport = virtcpu_passport_make(domain, error);
    }
    virtcpu_domain_job_end(domain);
    return passport;
}

VirtCpuPassport *
virtcpu_driver_passport(VirtCpuDriver *driver, const VirtCpuDomainDef *def, GError **error)
{
    g_autoptr(VirtCpuDomain) domain =
        def->has_uuid ? virtcpu_domain_list_find(driver->domains, def->uuid, NULL) : NULL;
    g_autoptr(GError) trouble = NULL;
    VirtCpuPassport *passport = domain != NULL ? ask_domain(domain, &trouble) : NULL;

    if (trouble != NULL) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return NULL;
    }
    return passport != NULL ? passport
                            : virtcpu_passport_of_start(driver->host, driver->cache, def, error);
}

char *
virtcpu_driver_passport_text(VirtCpuDriver *driver, const char *xml, GError **error)
{
    g_autoptr(VirtCpuDomainDef) def = virtcpu_subject_parse(xml, error);
    g_autoptr(VirtCpuPassport) passport =
        def != NULL ? virtcpu_driver_passport(driver, def, error) : NULL;

    return passport != NULL ? virtcpu_passport_to_xml(passport) : NULL;
}

char *
virtcpu_driver_answer_arrival(VirtCpuDriver *driver, const char *xml, GError **error)
{
    g_auto(VirtCpuArrivalQuestion) question = { 0 };
    g_auto(VirtCpuArrival) arrival = { 0 };
    g_autoptr(VirtCpuJson) answer = NULL;

    if (!virtcpu_arrival_question_parse(xml, &question, error) ||
        !virtcpu_arrival_judge(driver, question.def, question.passport, &arrival, error)) {
        return NULL;
    }
    answer = virtcpu_arrival_to_json(&arrival);
    return virtcpu_json_format(answer, FALSE);
}
