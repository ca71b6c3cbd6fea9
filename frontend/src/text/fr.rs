//! French.

use taskhub_shared::{
    action::{Action, Refusal},
    limits::{QUERY_BYTES, QUERY_DEPTH, QUERY_TERMS},
    problem::ErrorCode,
    query::{Field, Mistake},
    status::RuntimeStatus,
};

use super::Text;
use crate::{json::MistakeKind, state::preferences::Density};

/// What the console says in French.
pub static TEXT: Text = Text {
    decimal_point: ',',
    day_sign: "j",
    byte_sign: "o",

    skip: "Aller au contenu",
    main_navigation: "Principale",
    task_hub: "Hub de tâches",
    instances: "Instances",
    start: "Démarrer",
    language: "Langue",
    theme: "Thème",
    theme_system: "Système",
    theme_light: "Clair",
    theme_dark: "Sombre",
    breadcrumb: "Fil d’Ariane",
    live: "En direct",
    connecting: "Connexion…",
    reconnecting: |time| format!("Reconnexion… données de {time}"),
    live_tooltip: "Les changements apparaissent d’eux-mêmes, sans recharger.",
    insecure_open: "Ce serveur est ouvert : quiconque atteint son adresse peut tout faire. Ne l’utilisez pas hors d’un réseau de confiance.",
    new_build: "Le serveur a une console plus récente.",
    server: "Serveur",
    reload: "Recharger",
    close: "Fermer",
    dismiss: "Masquer",
    notices: "Avis",
    loading: "Chargement…",
    retry: "Réessayer",
    copied: "Copié",
    copy_failed: "Le navigateur n’a pas permis de copier.",
    copy_what: |what| format!("Copier {what}"),
    workers: |n| {
        format!("{} {}", n.text, if n.one { "worker connecté" } else { "workers connectés" })
    },
    utc: |time| format!("{time} UTC"),

    keyboard: "Raccourcis clavier",
    key_filter: "Aller à la requête",
    key_rows: "Ligne suivante, ligne précédente",
    key_open: "Ouvrir la ligne",
    key_peek: "Aperçu de la ligne, à côté de la liste",
    key_tick: "Cocher la ligne, ou toutes jusqu’à elle",
    key_all: "Sélectionner tout ce qui correspond",
    key_copy: "Copier l’ID d’instance de la ligne",
    key_refresh: "Relire la liste",
    key_pause: "Retenir les changements en direct, ou continuer",
    key_instances: "Aller aux instances",
    key_start: "Aller à Démarrer",
    key_help: "Afficher cette aide",
    key_close: "Fermer une boîte de dialogue, les propositions ou l’aperçu",
    key_then: "puis",
    keys_note: "Les raccourcis sont inactifs pendant la saisie.",

    status: |status| match status {
        RuntimeStatus::Pending => "En attente",
        RuntimeStatus::Running => "En cours",
        RuntimeStatus::Completed => "Achevée",
        RuntimeStatus::Failed => "En échec",
        RuntimeStatus::Suspended => "Suspendue",
        RuntimeStatus::Terminated => "Arrêtée",
        RuntimeStatus::Canceled => "Annulée",
        RuntimeStatus::ContinuedAsNew => "Poursuivie à neuf",
    },
    action: |action| match action {
        Action::RaiseEvent => "Envoyer un événement",
        Action::Suspend => "Suspendre",
        Action::Resume => "Reprendre",
        Action::Terminate => "Arrêter",
        Action::Rewind => "Rembobiner",
        Action::Restart => "Relancer",
        Action::RestartWithSameId => "Relancer avec le même ID",
        Action::Purge => "Vider l’historique",
    },
    refused: |action, refusal, status| match (action, refusal) {
        (_, Refusal::NotPermitted) => super::instance_fr::TEXT.not_permitted.to_owned(),
        (Action::RaiseEvent, _) => {
            format!(
                "Les événements n’atteignent que les instances non terminées ; celle-ci est {status}."
            )
        }
        (Action::Suspend, Refusal::AlreadySuspended) => "L’instance est déjà suspendue.".to_owned(),
        (Action::Suspend, _) => {
            format!("On ne peut suspendre qu’une instance non terminée ; celle-ci est {status}.")
        }
        (Action::Resume, _) => {
            format!("La reprise ne concerne que les instances suspendues ; celle-ci est {status}.")
        }
        (Action::Terminate, _) => {
            format!("On ne peut arrêter qu’une instance non terminée ; celle-ci est {status}.")
        }
        (Action::Rewind, _) => {
            format!(
                "Le rembobinage ne concerne que les instances en échec ; celle-ci est {status}."
            )
        }
        (Action::Restart | Action::RestartWithSameId, _) => {
            format!(
                "On ne peut relancer avec le même ID qu’une instance terminée ; celle-ci est {status}."
            )
        }
        (Action::Purge, _) => {
            format!(
                "On ne peut vider que l’historique d’une instance terminée ; celle-ci est {status}. Arrêtez-la d’abord."
            )
        }
    },

    query: "Requête",
    query_hint: "status:failed name:Commande* created:>-24h input.orderId=\"A-17\"",
    query_mistake: |mistake, character| {
        format!("{} (caractère {character})", mistake_in_french(mistake))
    },
    conditions: "Conditions de la requête",
    remove_condition: |what| format!("Retirer {what}"),
    without_condition: |what| format!("Sans {what}"),
    offers: "Propositions",
    field_help: |field| {
        Some(match field {
            "status" => "son état",
            "name" => "orchestrateur",
            "id" => "début de l’ID",
            "created" => "démarrage, comme >-24h",
            "updated" => "dernier changement",
            "completed" => "fin",
            "duration" => "comme >5m",
            "wait" => "ce qu’elle attend",
            "is" => "root, child, stuck…",
            "error" => "mots de l’échec",
            "input" | "output" | "custom" => "valeur dans le JSON",
            "parent" => "démarrée par",
            "tag" => "une étiquette",
            "version" => "version",
            _ => return None,
        })
    },
    views: "Vues",
    view_all: "Toutes",
    view_failed: "En échec",
    view_waiting: "Attend un événement",
    view_stuck: "Bloquées",
    save: "Enregistrer",
    save_view: "Enregistrer la vue",
    view_hint: "Requête, ordre et colonnes sont gardés sur le serveur. Tous ceux qui utilisent ce hub voient la vue.",
    view_replaces: "Cela remplace la vue de ce nom, pour tout le monde.",
    view_saved: |name| format!("Vue {name} enregistrée."),
    delete_view: "Supprimer la vue",
    delete_view_title: |name| format!("Supprimer la vue {name} ?"),
    delete_view_text: "Tous ceux qui utilisent ce hub la perdent. Les instances restent.",
    waiting_column: "Attend / erreur",
    completed_column: "Fin",
    events_column: "Événements",
    columns: "Colonnes",
    column_path: "Valeur du JSON ou étiquette",
    column_hint: "Un chemin comme input.orderId, custom.stage, output.items[0] ou tag.region.",
    column_wrong: "Ce n’est pas un chemin, ou il y a trop de colonnes. Écrivez input.orderId, custom.stage ou tag.region.",
    add: "Ajouter",
    density: "Densité",
    density_word: |density| match density {
        Density::Comfortable => "Aérée",
        Density::Compact => "Compacte",
        Density::Dense => "Serrée",
    },
    selection: "Sélection",
    selected: |n| format!("{} {}", n.text, if n.one { "sélectionnée" } else { "sélectionnées" }),
    all_selected: |n| format!("Les {} qui correspondent sont sélectionnées", n.text),
    or_all_matching: |n| format!("Sélectionner les {} qui correspondent", n.text),
    clear_selection: "Vider la sélection",
    select_all: |n| format!("Sélectionner les {} qui correspondent", n.text),
    select_one: |id| format!("Sélectionner {id}"),
    too_many_ticked: "Tant de lignes cochées ne tiennent pas dans un fichier. Affinez la requête et sélectionnez tout ce qui correspond.",
    export_csv: "Exporter en CSV",
    export_json: "Exporter en JSON",
    peek: "Aperçu",
    open: "Ouvrir",
    paused_resume: "Le direct est en pause : reprendre",
    rows_at_least: |first, last, total| {
        format!(
            "Lignes {first} à {last} sur au moins {} ; compter la suite prend trop de temps",
            total.text
        )
    },
    status_filter: "Filtrer par état",
    name: "Nom",
    created: "Création",
    updated: "Mise à jour",
    duration: "Durée",
    status_column: "État",
    instance_id: "ID d’instance",
    clear_all: "Tout effacer",
    rows: |first, last, total| format!("Lignes {first} à {last} sur {}", total.text),
    no_rows: "Aucune ligne",
    new_rows: |n| format!("{} {}", n.text, if n.one { "nouvelle" } else { "nouvelles" }),
    show: "Afficher",
    purged_row: "Vidée",
    still_looking: "Rien de trouvé pour l’instant ; la recherche continue. Une condition de temps ou d’état l’accélère.",
    empty_filter: "Rien ne correspond",
    empty_filter_elsewhere: |n| {
        format!(
            "Le hub contient {} {} par le filtre.",
            n.text,
            if n.one { "instance écartée" } else { "instances écartées" }
        )
    },
    empty_hub: "Aucune instance pour l’instant",
    empty_hub_text: "Démarrez-en une d’ici, ou laissez un worker ou un client le faire. Elle apparaîtra d’elle-même sur cette page.",
    start_an_instance: "Démarrer une instance",
    connect_worker: "Connecter un worker",
    connect_worker_text: "Les orchestrateurs s’exécutent dans votre propre processus. En Python :",
    worker_code: "Code Python",
    unreadable_filter: |part| format!("L’adresse contient un filtre illisible : {part}"),
    could_not_refresh: |why| format!("Actualisation impossible : {why}"),
    showing_data_from: |time| format!("Données de {time}."),

    admin: &super::admin_fr::TEXT,

    no_instance: |id, hub| format!("Aucune instance {id} dans le hub {hub}."),
    no_instance_text: "Son historique a peut-être été vidé, ou son ID s’écrit autrement.",
    was_purged: "L’historique de cette instance a été vidé. Vous voyez ce qu’elle était avant.",
    no_hub: |hub| format!("Aucun hub de tâches {hub}."),
    back_to_list: "Retour à la liste",
    could_not_load: "Chargement impossible",
    waiting_for: "En attente de",
    waits_worker: |name| format!("Attend qu’un worker prenne en charge {name}."),
    waits_worker_unserved: |name| {
        format!("Aucun worker connecté ne sert {name} : elle attend qu’il s’en connecte un.")
    },
    waits_activity: |name, since| format!("Attend l’activité {name} depuis {since}."),
    waits_activity_unserved: |name, since| {
        format!("Attend l’activité {name} depuis {since} ; aucun worker connecté ne la sert.")
    },
    waits_timer: |at| format!("Attend un minuteur, échéance : {at}."),
    waits_timer_in: |at, left| format!("Attend un minuteur, échéance : {at}, dans {left}."),
    waits_event: |since| format!("Attend un événement externe depuis {since}."),
    waits_resume: |since| {
        format!("Suspendue depuis {since} ; elle continuera quand quelqu’un la reprendra.")
    },
    waits_start: |at| format!("Commence à {at}."),
    waits_more: |n| format!("et {} de plus", n.text),
    parent: "Parente",
    execution_id: "ID d’exécution",
    version: "Version de l’orchestrateur",
    scheduled: "Prévue pour",
    tags: "Étiquettes",
    actions: "Actions possibles",
    start_like: "Démarrer à l’identique",

    inst: super::instance_fr::TEXT,

    failure: "Échec",
    stack: "Pile d’appels",
    caused_by: "Causé par",
    not_retriable: "Sans nouvelle tentative",
    no_message: "(sans message)",

    input: "Entrée",
    output: "Sortie",
    custom_status: "État personnalisé",
    none: "Néant",
    no_output_yet: "Pas encore",
    raw: "Brut",
    not_json: "Texte simple, pas du JSON",
    too_large: |size| format!("{size} en tout. En voici le début."),
    show_all: "Tout afficher",
    show_more: |n| format!("{} de plus", n.text),
    items: |n| format!("{} {}", n.text, if n.one { "élément" } else { "éléments" }),
    keys: |n| format!("{} {}", n.text, if n.one { "clé" } else { "clés" }),

    history: "Historique",
    time: "Heure",
    events_shown: |shown, total| {
        format!("{shown} sur {} {}", total.text, if total.one { "événement" } else { "événements" })
    },
    no_events: "Aucun événement : aucun worker ne l’a encore prise en charge.",
    fires_at: |time| format!("échéance : {time}"),
    took: |duration| format!("a pris {duration}"),
    new_generation: "Poursuivie à neuf : un nouvel historique a commencé.",

    cancel: "Annuler",
    keep: "Laisser tourner",
    reason: "Motif",
    reason_hint: "Conservé dans l’historique.",
    event_name: "Nom de l’événement",
    event_name_hint: "Le nom qu’attend l’orchestrateur, sans égard à la casse.",
    payload: "Contenu (JSON)",
    payload_hint: "Toute valeur JSON. Un texte prend des guillemets doubles. Vide : sans contenu.",
    raise_title: |id| format!("Envoyer un événement à {id}"),
    raise_submit: "Envoyer",
    suspend_title: |id| format!("Suspendre {id} ?"),
    suspend_text: "Elle ne fera plus aucun pas avant la reprise. Les activités en cours se terminent ; événements et minuteurs sont gardés pour plus tard.",
    resume_title: |id| format!("Reprendre {id} ?"),
    resume_text: "Elle continue avec tout ce qui est arrivé pendant la suspension.",
    terminate_title: |id| format!("Arrêter {id} ?"),
    terminate_text: "Elle se termine maintenant et ne pourra pas reprendre. Ses activités en cours se terminent, leurs résultats sont ignorés.",
    terminate_recursive: "Arrêter aussi ses sous-orchestrations",
    terminate_not_recursive: "Sans cela, les sous-orchestrations ne sont pas arrêtées.",
    purge_title: |id| format!("Vider l’historique de {id} ?"),
    purge_text: "Son entrée, sa sortie et tout son historique sont supprimés pour de bon. C’est irréversible.",
    sending: "Envoi…",
    done_raised: |name| format!("Événement {name} envoyé."),
    rewind_title: |id| format!("Rembobiner {id} ?"),
    rewind_text: "Elle repart d’avant son échec : ce qui a échoué est tenté de nouveau, ce qui est fait est gardé.",
    restart_title: |id| format!("Relancer {id} ?"),
    restart_text: "Une nouvelle instance démarre avec les mêmes nom, version, entrée et étiquettes. Celle-ci reste telle quelle.",
    done_rewound: "Instance rembobinée.",
    done_restarted: |id| format!("Relancée sous {id}."),
    done_suspended: "Instance suspendue.",
    done_resumed: "Instance reprise.",
    done_terminated: "Instance arrêtée.",
    done_purged: |id| format!("L’historique de {id} a été vidé."),

    start_text: "Une nouvelle instance d’orchestration commence dès qu’un worker la prend en charge.",
    start_submit: "Démarrer",
    start_like_text: |id| format!("Rempli d’après {id}."),
    orchestrator: "Nom de l’orchestrateur",
    orchestrator_hint: "Le nom sous lequel un worker l’a déclaré.",
    served: "Servi par un worker connecté.",
    not_served: "Aucun worker connecté ne sert ce nom : l’instance restera En attente.",
    maybe_served: "Un worker connecté ne dit pas ses noms ; il sert peut-être celui-ci.",
    id_hint: "Vide : un nouvel ID aléatoire.",
    random_id: "Aléatoire",
    input_hint: "Toute valeur JSON. Un texte prend des guillemets doubles. Vide : sans entrée.",
    format_json: "Mettre en forme",
    more: "Plus d’options",
    start_at: "Commencer à",
    start_at_hint: "Votre heure locale. Vide : tout de suite.",
    version_hint: "Pour les orchestrateurs déclarés avec des versions.",
    optional: "facultatif",
    started: |id| format!("{id} a démarré."),
    start_another: "En démarrer une autre",

    required: "À remplir.",
    too_long: |most| format!("Au plus {} caractères.", most.text),
    control_characters: "Les sauts de ligne et autres caractères de contrôle ne sont pas permis.",
    reserved_id: "Un ID ne commence pas par @, réservé aux entités.",
    dot_id: "Un ID ne peut être . ni .., qu’aucune adresse ne peut contenir.",
    mistake_at: |line, column, what| format!("Ligne {line}, colonne {column} : {what}"),
    mistake: |kind| match kind {
        MistakeKind::EndsEarly => "le JSON se termine trop tôt.",
        MistakeKind::NoValue => {
            "une valeur est attendue ici. Un texte prend des guillemets doubles."
        }
        MistakeKind::NoComma => "il manque une virgule ou un crochet fermant.",
        MistakeKind::TrailingComma => "pas de virgule avant un crochet fermant.",
        MistakeKind::NoColon => "il manque deux-points après la clé.",
        MistakeKind::KeyWithoutQuotes => "une clé prend des guillemets doubles.",
        MistakeKind::TrailingText => "quelque chose suit la fin de la valeur JSON.",
        MistakeKind::ControlCharacter => "pas de saut de ligne dans un texte ; écrivez \\n.",
        MistakeKind::BadEscape => {
            "la barre oblique inverse n’annonce rien de connu ; écrivez \\\\."
        }
        MistakeKind::BadNumber => "ce nombre n’est pas écrit comme en JSON.",
        MistakeKind::Other => "ce n’est pas du JSON.",
    },
    bad_time: "Ce n’est pas une heure.",
    offline: "Le serveur est injoignable.",
    unreadable: "La réponse du serveur est illisible.",
    problem: |code| match code {
        ErrorCode::InvalidInput => None,
        ErrorCode::InstanceNotFound => Some("Cette instance n’existe pas."),
        ErrorCode::TaskHubNotFound => Some("Ce hub de tâches n’existe pas."),
        ErrorCode::NotAllowedNow => Some("L’état de l’instance ne le permet pas."),
        ErrorCode::InstanceExists => {
            Some("Une instance porte déjà cet ID. Choisissez-en un autre.")
        }
        ErrorCode::TooLarge => Some("C’est trop volumineux pour le serveur."),
        ErrorCode::StoreUnavailable => Some("Le stockage n’est pas disponible. Réessayez."),
        ErrorCode::Draining => Some("Le serveur est en train de s’arrêter."),
        ErrorCode::ForeignOrigin => Some("Le serveur ne répond pas à cette adresse."),
        ErrorCode::RouteNotFound => Some("Le serveur ne connaît pas cette requête."),
        ErrorCode::PayloadNotFound => Some("Cette donnée n’existe pas."),
        ErrorCode::BatchNotFound => Some("Ce traitement par lot n’existe plus."),
        ErrorCode::BatchNotAllowedNow => Some("L’état du traitement par lot ne le permet pas."),
        ErrorCode::Internal => Some("Une erreur s’est produite dans le serveur."),
    },
    not_found: "Page introuvable",
    not_found_text: "Cette adresse ne mène nulle part dans cette console.",
};

/// What is wrong with a query. Words of the query stay as they are written.
fn mistake_in_french(mistake: &Mistake) -> String {
    let like = |field: &Field| format!("Écrivez par exemple {}.", field.example());
    match mistake {
        Mistake::TooLong(bytes) => {
            format!("Cette requête a {bytes} octets ; la plus longue en a {QUERY_BYTES}. Raccourcissez-la.")
        }
        Mistake::TooDeep => {
            format!("Les parenthèses s’emboîtent au plus {QUERY_DEPTH} fois. Retirez celle-ci.")
        }
        Mistake::TooMany => {
            format!("Une requête a au plus {QUERY_TERMS} conditions et valeurs. Retirez-en.")
        }
        Mistake::NotClosed => {
            "Cette parenthèse n’est pas fermée. Écrivez ) après sa dernière condition.".to_owned()
        }
        Mistake::NotOpened => "Aucune parenthèse n’est ouverte ici. Retirez ce ).".to_owned(),
        Mistake::EmptyParenthesis => "Cette parenthèse est vide.".to_owned(),
        Mistake::OpenQuote => "Ce guillemet n’est pas fermé. Écrivez un autre \" après le texte.".to_owned(),
        Mistake::NoCondition => "Il manque une condition ici. Écrivez par exemple status:failed.".to_owned(),
        Mistake::BareComma => {
            "Cette virgule ne précède aucune valeur. Écrivez les valeurs sans espaces : a,b.".to_owned()
        }
        Mistake::UnknownField(word, Some(near)) => {
            format!("Champ inconnu « {word} ». Vouliez-vous dire {near} ?")
        }
        Mistake::UnknownField(word, None) => {
            let all = Field::ALL.map(Field::as_str).join(", ");
            format!("Champ inconnu « {word} ». Utilisez {all}, ou mettez le texte entre \"guillemets\" pour le chercher.")
        }
        Mistake::UnknownValue(field, word, Some(near)) => {
            format!("Valeur inconnue « {word} » pour {}. Vouliez-vous dire {near} ?", field.as_str())
        }
        Mistake::UnknownValue(field, word, None) => {
            let all = field.values().join(", ");
            format!("Valeur inconnue « {word} » pour {}. Utilisez {all}.", field.as_str())
        }
        Mistake::NoOperator(field) => format!("Il manque un opérateur ici. {}", like(field)),
        Mistake::NoValue(field) => format!("Il manque une valeur ici. {}", like(field)),
        Mistake::OneValue(field) => format!("Il faut ici une seule valeur, sans *. {}", like(field)),
        Mistake::NoOrder(field, order) => {
            format!("{} ne se compare pas par {}. {}", field.as_str(), order.as_str(), like(field))
        }
        Mistake::OnlyOrders(field) => {
            format!("{} se compare par >, >=, < ou <=. {}", field.as_str(), like(field))
        }
        Mistake::NoKey => {
            "Il manque une clé après ce point. Mettez-la entre \"guillemets\" si elle a d’autres lettres.".to_owned()
        }
        Mistake::NoIndex => "Il manque un nombre entier et ] ici, comme dans input.items[0].".to_owned(),
        Mistake::NoParts(field) => format!("{} n’a pas de parties. {}", field.as_str(), like(field)),
        Mistake::NoTime(text) => {
            format!("« {text} » n’est pas un moment. Écrivez -24h, 2026-11-23 ou 2026-11-23T14:02:11Z.")
        }
        Mistake::NoSide(field) => {
            let name = field.as_str();
            format!("Dites de quel côté du moment : écrivez {name}:>-24h, {name}:<-24h ou un jour, {name}:2026-11-23.")
        }
        Mistake::NoLength => "Ce n’est pas une durée. Écrivez 500ms, 5m ou 1h30m.".to_owned(),
    }
}
