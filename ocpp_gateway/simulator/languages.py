"""THE table of the OCPP versions simulated stations speak."""

from ocpp_gateway.simulator.language import Language
from ocpp_gateway.simulator.v2 import MessagesV2, MessagesV21
from ocpp_gateway.simulator.v2_answers import AnswersV2, AnswersV21
from ocpp_gateway.simulator.v2_variables import settings_v21, settings_v201
from ocpp_gateway.simulator.v16 import MessagesV16
from ocpp_gateway.simulator.v16_answers import AnswersV16
from ocpp_gateway.simulator.v16_keys import settings_v16
from operations.versions import V16, V21, V201, OcppVersion

LANGUAGES: dict[OcppVersion, Language] = {
    V16: Language(MessagesV16, AnswersV16, settings_v16),
    V201: Language(MessagesV2, AnswersV2, settings_v201),
    V21: Language(MessagesV21, AnswersV21, settings_v21),
}
