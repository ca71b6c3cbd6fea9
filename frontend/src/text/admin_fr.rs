//! French: overview, batch jobs, workers, hubs, preferences and the palette.

use taskhub_shared::{
    action::{Action, Refusal},
    batch::BatchState,
    request::KindOfWork,
};

use super::admin::AdminText;
use crate::route::Span;

/// What those pages say in French.
pub static TEXT: AdminText = AdminText {
    overview: "Aperçu",
    batches: "Lots",
    workers: "Workers",
    hubs: "Hubs de tâches",
    hub_settings: "Réglages du hub",
    me: "Préférences",
    more_pages: "Plus",
    more: "Afficher plus",
    all: "Toutes",
    done: "Fait",
    open: "Ouvrir",
    on: "Activé",
    off: "Désactivé",
    never: "Jamais",
    palette: "Chercher ou aller à",
    palette_hint: "Une page, un hub ou le début d’un ID d’instance",
    key_overview: "Aller à l’aperçu",
    key_batches: "Aller aux lots",
    key_workers: "Aller aux workers",
    key_hubs: "Aller aux hubs",
    zone_tooltip: "Heures locales ou en UTC ; appuyez pour changer.",
    zone_local: "Locale",
    zone_utc: "UTC, comme dans les journaux",
    new_batch: "Nouveau lot",
    operation: "Opération",
    state: "État",
    progress: "Avancement",
    which: "Quelles instances",
    by: "Par",
    rate: "Débit",
    all_instances: "Toutes les instances",
    no_batches: "Aucun lot pour l’instant",
    no_batches_text: "Un lot fait une même chose à beaucoup d’instances : toutes celles qu’une requête trouve, ou celles que vous nommez. Il tourne dans le serveur, même quand cette page est fermée.",
    no_such_job: "Aucun lot de ce nom",
    no_such_job_text: "Les 100 derniers lots terminés sont conservés ; les plus anciens disparaissent.",
    pause: "Mettre en pause",
    resume_job: "Reprendre",
    cancel_job: "Annuler le lot",
    retry_failed: "Réessayer les échecs",
    nothing_failed: "Rien n’a échoué.",
    retry_later: "Les échecs peuvent être réessayés quand le lot est terminé ou arrêté.",
    held_already: "Le lot est déjà en pause.",
    runs_already: "Le lot est en cours.",
    job_has_ended: "Le lot est terminé.",
    undo: "Annuler l’opération",
    run_now: "Lancer maintenant",
    freezing_text: "Les instances trouvées sont notées. Celles qui sont créées plus tard n’en font pas partie.",
    stopped_text: "Trop d’échecs : le lot s’est arrêté. Voyez pourquoi ci-dessous, puis reprenez-le ou réessayez les échecs.",
    running_text: "Il tourne dans le serveur : vous pouvez fermer cette page.",
    began: "Commencé",
    ended: "Terminé",
    limit: "Instances par seconde",
    unlimited: "Sans limite",
    stop_after: "Arrêt après échecs",
    copy_curl: "Copier en curl",
    as_curl: "en curl",
    as_curl_text: "La commande crée le même lot encore une fois.",
    failed: "En échec",
    skipped: "Ignorées",
    succeeded: "Réussies",
    pending: "En attente",
    outcome: "Résultat",
    none_here: "Aucune.",
    its_turn_comes: "Son tour n’est pas venu.",
    what: "Quoi",
    check: "Vérifier",
    run: "Lancer",
    raise_text: "Chaque instance reçoit l’événement, exactement une fois.",
    restart_same_text: "Chacune recommence sous son propre ID ; son historique actuel disparaît.",
    reason_hint: "Obligatoire pour arrêter ou vider. Gardé avec le lot et dans l’historique.",
    your_name: "Votre nom",
    your_name_hint: "Affiché sur les lots que vous créez. Gardé dans ce navigateur.",
    by_query: "Toutes celles d’une requête",
    by_ids: "Nommées une à une",
    query: "Requête",
    query_hint: "Par exemple : status:failed name:Order* created:>-24h. Vide : toutes les instances.",
    ids: "ID d’instances",
    ids_hint: "Un par ligne, 100 000 au plus.",
    say_why: "Dites pourquoi : le motif est obligatoire.",
    bad_rate: "Un nombre entier de 1 à 500, ou rien.",
    bad_stop: "Un nombre entier à partir de 1, ou rien.",
    event_first: "Remplissez d’abord l’événement.",
    ids_first: "Nommez d’abord une instance.",
    query_first: "Corrigez d’abord la requête.",
    check_first: "Vérifiez d’abord ce qu’il ferait.",
    nothing_to_do: "Il n’y a rien à faire.",
    type_number_first: "Tapez le nombre d’instances.",
    check_now: "Vérifier ce qu’il ferait",
    check_text: "Rien n’est modifié.",
    would_be_skipped: "Celles qui seraient ignorées, et pourquoi",
    rate_hint: "De 1 à 500. Vide : aussi vite que le stockage.",
    stop_hint: "100 si vide.",
    type_number: "Tapez le nombre d’instances pour confirmer",
    type_number_hint: "Le nombre trouvé par la vérification.",
    grace_text: "Il commence après 60 secondes. D’ici là, vous pouvez l’annuler.",
    unserved: "Personne ne les sert",
    unserved_text: "Aucun worker connecté ne prend ce travail. Il attend qu’un worker le fasse.",
    due: "En attente d’un worker libre",
    no_workers: "Aucun worker n’est connecté",
    no_workers_text: "Rien ne tourne tant qu’aucun ne se connecte. Démarrez votre worker avec l’adresse de ce serveur.",
    connected_workers: "Workers connectés",
    worker: "Worker",
    takes: "Prend",
    busy: "Occupé par",
    connected: "Connecté depuis",
    last_work: "Dernier travail reçu",
    any_name: "tous les noms",
    orchestrations: "Orchestrations",
    activities: "Activités",
    entities: "Entités",
    no_name: "(sans nom)",
    time_range: "Période",
    running: "En cours",
    pending_card: "En attente",
    waiting: "En attente d’événement",
    waiting_note: "attendent un événement externe",
    failed_card: "En échec",
    last_day: "dernières 24 heures",
    completed_card: "Achevées par minute",
    per_minute_note: "cinq dernières minutes",
    slow_card: "Durée, p95",
    over_time: "Au fil du temps",
    started: "Démarrées",
    completed: "Achevées",
    as_table: "Afficher en tableau",
    attention: "À surveiller",
    all_well: "Rien à surveiller.",
    nobody_serves: "Personne ne le sert.",
    other_names: "(autres noms)",
    by_orchestration: "Par orchestration",
    failed_share: "Échecs %",
    p50: "p50",
    p95: "p95",
    first_run_text: "Ce hub est vide. Trois étapes pour le voir travailler ; chacune est cochée quand elle arrive.",
    first_worker: "Connecter un worker",
    first_start: "Démarrer une instance",
    first_done: "La voir s’achever",
    first_sample_text: "Le worker d’exemple intégré est connecté : démarrez une de ses orchestrations.",
    first_start_text: "Démarrez l’orchestration « hello » avec un nom entre guillemets en entrée ; ou lancez le serveur avec --samples.",
    first_done_text: "Elle apparaît ici, et dans la liste, d’elle-même.",
    show_overview: "Afficher l’aperçu",
    programming_language: "Langage de programmation",
    worker_code: "le code",
    hubs_text: "Les clients et la ligne de commande créent les hubs ; un worker nomme son hub en se connectant.",
    default_hub: "Par défaut",
    default_stays: "C’est le hub par défaut, qui ne peut pas être supprimé. Videz plutôt ses instances.",
    type_name_first: "Tapez le nom du hub.",
    type_name: "Tapez le nom du hub pour confirmer",
    type_name_hint: "Comme il est écrit dans le titre.",
    delete_hub: "Supprimer le hub",
    delete_text: "Toutes ses instances, leurs historiques, ses entités, ses lots et ses chiffres sont supprimés définitivement. Les workers du hub sont déconnectés. C’est irréversible.",
    me_text: "Gardées dans ce navigateur.",
    time_zone: "Fuseau horaire",
    single_keys: "Raccourcis d’une seule touche",
    single_keys_text: "Désactivez-les si un logiciel tape des lettres pour vous, par exemple la saisie vocale. Ctrl K reste.",
    batch_state: |state| match state {
        BatchState::Freezing => "Collecte",
        BatchState::Running => "En cours",
        BatchState::Paused => "En pause",
        BatchState::Stopped => "Arrêté par des échecs",
        BatchState::Completed => "Achevé",
        BatchState::Cancelled => "Annulé",
    },
    refusal: |refusal| match refusal {
        Refusal::AlreadyEnded => "Déjà terminée",
        Refusal::NotEnded => "Pas terminée",
        Refusal::AlreadySuspended => "Déjà suspendue",
        Refusal::NotSuspended => "Pas suspendue",
        Refusal::NotFailed => "Pas en échec",
        Refusal::NotFound => "Plus là",
        Refusal::NotPermitted => "Pas permis",
    },
    of_total: |done, total| format!("{done} sur {total}"),
    named_ids: |n| {
        format!("{} {}", n.text, if n.one { "instance nommée" } else { "instances nommées" })
    },
    per_second: |n| format!("{n}/s"),
    job_title: |action, id| format!("{action} · lot {id}"),
    begins_in: |action, time| {
        let verb = match action {
            Action::Terminate => "Arrêt",
            Action::Purge => "Suppression",
            Action::RaiseEvent
            | Action::Suspend
            | Action::Resume
            | Action::Rewind
            | Action::Restart
            | Action::RestartWithSameId => "Début",
        };
        format!("{verb} dans {time}")
    },
    time_left: |time| format!("encore {time}"),
    match_now: |n| {
        format!(
            "{} {} maintenant.",
            n.text,
            if n.one { "instance correspond" } else { "instances correspondent" }
        )
    },
    at_least_match: |n| {
        format!("Au moins {} correspondent ; la vérification les compte toutes.", n.text)
    },
    sample: |n| format!("Les {n} plus récentes"),
    would: |action, all, allowed, skipped| {
        let future = if allowed.one { "sera" } else { "seront" };
        let s = if allowed.one { "" } else { "s" };
        let verb = match action {
            Action::RaiseEvent if allowed.one => "recevra l’événement".to_owned(),
            Action::RaiseEvent => "recevront l’événement".to_owned(),
            Action::Suspend => format!("{future} suspendue{s}"),
            Action::Resume => format!("{future} reprise{s}"),
            Action::Terminate => format!("{future} arrêtée{s}"),
            Action::Rewind => format!("{future} rembobinée{s}"),
            Action::Restart | Action::RestartWithSameId => format!("{future} redémarrée{s}"),
            Action::Purge => format!("{future} vidée{s}"),
        };
        let matches = if all.one { "correspond" } else { "correspondent" };
        let skip = if skipped.one { "sera ignorée" } else { "seront ignorées" };
        format!("{} {matches}. {} {verb} ; {} {skip}.", all.text, allowed.text, skipped.text)
    },
    do_to: |action, n| {
        let noun = if n.one { "instance" } else { "instances" };
        match action {
            Action::RaiseEvent => format!("Envoyer l’événement à {} {noun}", n.text),
            Action::Suspend => format!("Suspendre {} {noun}", n.text),
            Action::Resume => format!("Reprendre {} {noun}", n.text),
            Action::Terminate => format!("Arrêter {} {noun}", n.text),
            Action::Rewind => format!("Rembobiner {} {noun}", n.text),
            Action::Restart | Action::RestartWithSameId => format!("Redémarrer {} {noun}", n.text),
            Action::Purge => format!("Vider {} {noun}", n.text),
        }
    },
    waits: |kind, n, name, age| {
        let noun = match (kind, n.one) {
            (KindOfWork::Orchestration, true) => "tour",
            (KindOfWork::Orchestration, false) => "tours",
            (KindOfWork::Activity, true) => "activité",
            (KindOfWork::Activity, false) => "activités",
            (KindOfWork::Entity, true) => "opération",
            (KindOfWork::Entity, false) => "opérations",
        };
        let verb = if n.one { "attend" } else { "attendent" };
        format!("{} {noun} de {name} {verb}, au plus depuis {age}", n.text)
    },
    start_worker: |kind, name| {
        let what = match kind {
            KindOfWork::Orchestration => "l’orchestrateur",
            KindOfWork::Activity => "l’activité",
            KindOfWork::Entity => "l’entité",
        };
        format!(
            "Démarrez un worker qui enregistre {what} {name}, ou vérifiez l’orthographe du nom."
        )
    },
    given_back: |n| {
        format!("Des workers l’ont rendu, jusqu’à {} fois. Consultez leurs journaux.", n.text)
    },
    served_by: |n| {
        format!(
            "{} le prendre. S’il attend longtemps, démarrez-en d’autres.",
            if n.one {
                format!("{} worker peut", n.text)
            } else {
                format!("{} workers peuvent", n.text)
            }
        )
    },
    lost: |n| format!("Un worker a été perdu avec, jusqu’à {} fois.", n.text),
    ago: |time| format!("il y a {time}"),
    oldest: |age| format!("la plus ancienne : {age}"),
    span: |span| match span {
        Span::Hour => "Dernière heure",
        Span::Day => "Dernières 24 heures",
        Span::Week => "7 derniers jours",
    },
    chart_summary: |from, to, started, completed, failed| {
        format!("De {from} à {to} : {started} démarrées, {completed} achevées, {failed} en échec.")
    },
    each_step: |time| format!("chaque point : {time}"),
    stuck: |n| {
        format!("{} {}", n.text, if n.one { "instance bloquée" } else { "instances bloquées" })
    },
    name_failed: |n, name| format!("{name} : {} en échec", n.text),
    start_named: |name| format!("Démarrer {name}"),
    stored_in: |store| format!("Stockés dans {store}."),
    instances_in_all: |n| format!("{} {}", n.text, if n.one { "instance" } else { "instances" }),
    delete_title: |hub| format!("Supprimer le hub {hub}"),
    hub_deleted: |hub| format!("Le hub {hub} a été supprimé."),
    it_is: |time| format!("Il est {time}."),
};
