#include "page_texts.hpp"

#include <array>

namespace slo::sp {
namespace {

/// Sentence is one fact in the order of PageLanguage.
template <class Key>
struct Sentence {
    Key key;
    std::array<std::string_view, page_languages> in;
};

template <class Key, std::size_t size>
constexpr bool stand_in_order(const std::array<Sentence<Key>, size>& sentences) {
    for (std::size_t i = 0; i < size; ++i) {
        if (static_cast<std::size_t>(sentences[i].key) != i) return false;
        for (const std::string_view sentence : sentences[i].in) {
            if (sentence.empty()) return false;
        }
    }
    return true;
}

using Text = Sentence<PageText>;
constexpr std::array<Text, page_texts> texts{
    Text{PageText::refused_title,
         {"Sign-in did not work", "Die Anmeldung ist nicht gelungen", "La connexion a échoué"}},
    Text{PageText::logout_title,
         {"Sign-out is not confirmed", "Die Abmeldung ist nicht bestätigt", "La déconnexion n’est pas confirmée"}},
    Text{PageText::code_label, {"Code", "Code", "Code"}},
    Text{PageText::number_label, {"Request number", "Vorgangsnummer", "Numéro de la demande"}},
    Text{PageText::try_again, {"Try again", "Noch einmal versuchen", "Réessayer"}},
    Text{PageText::idp_help, {"Help from your organization", "Hilfe Ihrer Organisation", "Aide de votre organisation"}},
    Text{PageText::chooser_title,
         {"Where do you want to sign in?", "Wo möchten Sie sich anmelden?", "Où voulez-vous vous connecter ?"}},
    Text{PageText::chooser_remember,
         {"Remember my choice in this browser", "Auswahl in diesem Browser merken",
          "Mémoriser mon choix dans ce navigateur"}},
    Text{PageText::chooser_empty,
         {"There is no organization to choose from at the moment.", "Zurzeit steht keine Organisation zur Auswahl.",
          "Aucune organisation n’est disponible pour le moment."}},
    Text{PageText::continue_title, {"One moment, please", "Einen Moment, bitte", "Un instant, s’il vous plaît"}},
    Text{PageText::continue_button, {"Continue", "Weiter", "Continuer"}},
    Text{PageText::continue_hint,
         {"If this page stays, press the button.", "Wenn diese Seite stehen bleibt, drücken Sie die Schaltfläche.",
          "Si cette page reste affichée, appuyez sur le bouton."}},
    Text{PageText::logged_out_title, {"You are signed out", "Sie sind abgemeldet", "Vous êtes déconnecté"}},
    Text{PageText::logged_out_here,
         {"You are signed out of this application.", "Sie sind bei dieser Anwendung abgemeldet.",
          "Vous êtes déconnecté de cette application."}},
    Text{
        PageText::logged_out_everywhere,
        {"You are signed out of this application and, as your organization has confirmed, everywhere you were signed "
         "in "
         "through it.",
         "Sie sind bei dieser Anwendung abgemeldet und, wie Ihre Organisation bestätigt hat, überall, wo Sie über sie "
         "angemeldet waren.",
         "Vous êtes déconnecté de cette application et, comme votre organisation l’a confirmé, de tous les services où "
         "vous étiez connecté par elle."}},
    Text{PageText::logged_out_partial,
         {"You are signed out here and at your organization. Other applications may still be signed in: close the "
          "browser "
          "to be sure.",
          "Sie sind hier und bei Ihrer Organisation abgemeldet. Andere Anwendungen sind vielleicht noch angemeldet: "
          "Schließen Sie den Browser, um sicher zu sein.",
          "Vous êtes déconnecté ici et auprès de votre organisation. D’autres applications sont peut-être encore "
          "connectées : fermez le navigateur pour en être sûr."}},
    Text{PageText::logged_out_local_only,
         {"You are signed out of this application only. You may still be signed in at your organization.",
          "Sie sind nur bei dieser Anwendung abgemeldet. Bei Ihrer Organisation sind Sie vielleicht noch angemeldet.",
          "Vous êtes déconnecté de cette application seulement. Vous êtes peut-être encore connecté auprès de votre "
          "organisation."}},
    Text{PageText::logged_out_unknown,
         {"You are signed out of this application. Whether you are signed out at your organization is not known: close "
          "the browser to be sure.",
          "Sie sind bei dieser Anwendung abgemeldet. Ob Sie auch bei Ihrer Organisation abgemeldet sind, ist nicht "
          "bekannt: Schließen Sie den Browser, um sicher zu sein.",
          "Vous êtes déconnecté de cette application. On ne sait pas si vous l’êtes aussi auprès de votre organisation "
          ": "
          "fermez le navigateur pour en être sûr."}},
    Text{PageText::sign_in_again, {"Sign in again", "Wieder anmelden", "Se reconnecter"}},
};
static_assert(stand_in_order(texts));

using Reason = Sentence<PageCode>;
constexpr std::array<Reason, page_codes> reasons{
    Reason{PageCode::form,
           {"The data that your browser sent can't be read.",
            "Die Daten, die Ihr Browser gesendet hat, sind nicht lesbar.",
            "Les données envoyées par votre navigateur sont illisibles."}},
    Reason{PageCode::encoding,
           {"The message from your organization is encoded in a way that is not accepted here.",
            "Die Nachricht Ihrer Organisation ist in einer Weise codiert, die hier nicht angenommen "
            "wird.",
            "Le message de votre organisation est codé d’une manière qui n’est pas acceptée ici."}},
    Reason{PageCode::binding,
           {"The message from your organization came by a way that is not accepted here.",
            "Die Nachricht Ihrer Organisation kam auf einem Weg, der hier nicht angenommen wird.",
            "Le message de votre organisation est arrivé par une voie qui n’est pas acceptée ici."}},
    Reason{PageCode::structure,
           {"The message from your organization can't be understood.",
            "Die Nachricht Ihrer Organisation ist nicht verständlich.",
            "Le message de votre organisation est incompréhensible."}},
    Reason{PageCode::flow,
           {"This answer belongs to no sign-in that began here.",
            "Diese Antwort gehört zu keiner Anmeldung, die hier begonnen hat.",
            "Cette réponse ne correspond à aucune connexion commencée ici."}},
    Reason{PageCode::flow_expired,
           {"This sign-in took too long or is already over.",
            "Diese Anmeldung hat zu lange gedauert oder ist schon abgeschlossen.",
            "Cette connexion a pris trop de temps ou est déjà terminée."}},
    Reason{PageCode::other_browser,
           {"This sign-in did not begin in this browser. Please allow cookies for this site.",
            "Diese Anmeldung hat nicht in diesem Browser begonnen. Bitte lassen Sie Cookies für diese Seite zu.",
            "Cette connexion n’a pas commencé dans ce navigateur. Veuillez autoriser les cookies pour ce site."}},
    Reason{PageCode::issuer,
           {"The message came from an organization that is not expected here.",
            "Die Nachricht kam von einer Organisation, die hier nicht erwartet wird.",
            "Le message vient d’une organisation qui n’est pas attendue ici."}},
    Reason{PageCode::unsolicited,
           {"A sign-in must begin in this application. Please start it here.",
            "Eine Anmeldung muss in dieser Anwendung beginnen. Bitte starten Sie sie hier.",
            "Une connexion doit commencer dans cette application. Veuillez la lancer ici."}},
    Reason{PageCode::destination,
           {"The answer from your organization was meant for another address.",
            "Die Antwort Ihrer Organisation war für eine andere Adresse bestimmt.",
            "La réponse de votre organisation était destinée à une autre adresse."}},
    Reason{PageCode::sig,
           {"Nothing proves that the message came from your organization.",
            "Es ist nicht bewiesen, dass die Nachricht von Ihrer Organisation kam.",
            "Rien ne prouve que le message vient de votre organisation."}},
    Reason{PageCode::status,
           {"Your organization has not signed you in.", "Ihre Organisation hat Sie nicht angemeldet.",
            "Votre organisation ne vous a pas connecté."}},
    Reason{PageCode::status_unproven,
           {"There was an answer that you are not signed in. Nothing proves who sent it.",
            "Es kam die Antwort, dass Sie nicht angemeldet sind. Es ist nicht bewiesen, wer sie "
            "gesendet hat.",
            "Une réponse dit que vous n’êtes pas connecté. Rien ne prouve qui l’a envoyée."}},
    Reason{PageCode::assertion,
           {"What your organization says about you can't be used here.",
            "Was Ihre Organisation über Sie mitteilt, ist hier nicht verwendbar.",
            "Ce que votre organisation indique à votre sujet n’est pas utilisable ici."}},
    Reason{PageCode::clock,
           {"The answer from your organization is too old or not valid yet.",
            "Die Antwort Ihrer Organisation ist zu alt oder noch nicht gültig.",
            "La réponse de votre organisation est trop ancienne ou n’est pas encore valable."}},
    Reason{PageCode::stale,
           {"You signed in at your organization too long ago. Please sign in there again.",
            "Ihre Anmeldung bei Ihrer Organisation liegt zu lange zurück. Bitte melden Sie sich dort "
            "noch einmal an.",
            "Votre connexion auprès de votre organisation est trop ancienne. Veuillez vous y "
            "reconnecter."}},
    Reason{PageCode::authn_context,
           {"You signed in at your organization in a way that is not enough here.",
            "Die Art, wie Sie sich bei Ihrer Organisation angemeldet haben, reicht hier nicht.",
            "La façon dont vous vous êtes connecté auprès de votre organisation ne suffit pas "
            "ici."}},
    Reason{
        PageCode::replay,
        {"This answer was used before.", "Diese Antwort wurde schon verwendet.", "Cette réponse a déjà été utilisée."}},
    Reason{PageCode::not_allowed,
           {"This application has no account for you. To use another one, sign out at your organization first.",
            "Sie haben bei dieser Anwendung kein Konto. Melden Sie sich bei Ihrer Organisation ab, um ein anderes zu "
            "verwenden.",
            "Vous n’avez pas de compte dans cette application. Pour en utiliser un autre, déconnectez-vous d’abord de "
            "votre organisation."}},
    Reason{PageCode::logged_out,
           {"You were signed out in the meantime. Please sign in again.",
            "Sie wurden inzwischen abgemeldet. Bitte melden Sie sich wieder an.",
            "Vous avez été déconnecté entre-temps. Veuillez vous reconnecter."}},
    Reason{
        PageCode::logout_unproven,
        {"Nothing proves that you are signed out at your organization. Close the browser to be sure.",
         "Es ist nicht bewiesen, dass Sie bei Ihrer Organisation abgemeldet sind. Schließen Sie den Browser, um sicher "
         "zu sein.",
         "Rien ne prouve que vous êtes déconnecté de votre organisation. Fermez le navigateur pour en être sûr."}},
    Reason{PageCode::cross_site,
           {"Another site has begun this. Please begin in this application.",
            "Das wurde von einer anderen Seite aus begonnen. Bitte beginnen Sie in dieser Anwendung.",
            "Un autre site a commencé cette action. Veuillez commencer dans cette application."}},
    Reason{PageCode::framed,
           {"This can't be done inside another page.", "Das ist innerhalb einer anderen Seite nicht möglich.",
            "Cela n’est pas possible à l’intérieur d’une autre page."}},
    Reason{PageCode::too_many,
           {"There were too many attempts. Please wait a minute.",
            "Es waren zu viele Versuche. Bitte warten Sie eine Minute.",
            "Il y a eu trop de tentatives. Veuillez attendre une minute."}},
    Reason{PageCode::unavailable,
           {"This is not possible at the moment. Please try again in a minute.",
            "Das ist zurzeit nicht möglich. Bitte versuchen Sie es in einer Minute noch einmal.",
            "Ce n’est pas possible pour le moment. Veuillez réessayer dans une minute."}},
};
static_assert(stand_in_order(reasons));

}  // namespace

std::string_view text(PageText key, PageLanguage language) noexcept {
    return texts[static_cast<std::size_t>(key)].in[static_cast<std::size_t>(language)];
}

std::string_view text(PageCode code, PageLanguage language) noexcept {
    return reasons[static_cast<std::size_t>(code)].in[static_cast<std::size_t>(language)];
}

}  // namespace slo::sp
