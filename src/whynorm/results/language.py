"""The fixed words of pages and figures in another language; their English is what one looks up."""

ENGLISH, KOREAN = "en", "ko"
LANGUAGES = (ENGLISH, KOREAN)


def translated(text: str, language: str) -> str:
    """These words in that language."""
    return text if language == ENGLISH else IN_KOREAN[text]


IN_KOREAN = {
    # what is measured, and its units
    "BLEU": "BLEU",
    "chrF": "chrF",
    "%": "%",
    "exact match": "완전 일치",
    "training loss": "학습 손실",
    "validation loss": "검증 손실",
    "test loss": "테스트 손실",
    "validation BLEU": "검증 BLEU",
    "nats per token": "토큰당 nat",
    "seconds": "초",
    "updates": "업데이트 수",
    "target tokens": "목표 토큰 수",
    "target tokens an update": "업데이트당 목표 토큰 수",
    "learning rate": "학습률",
    "sees the answer": "답을 봄",
    # verdicts of comparisons
    "diverged with every seed": "모든 시드에서 발산",
    "worse": "더 나쁨",
    "open": "판정 보류",
    "the same": "같음",
    "better": "더 나음",
    # figures
    "update": "업데이트",
    "real target tokens in a batch": "배치에 든 실제 목표 토큰 수",
    "{metric}: difference to {baseline}, better to the right": (
        "{metric}: {baseline} 대비 차이, 오른쪽일수록 좋음"
    ),
    "{metric}: difference to {baseline}, better to the left": (
        "{metric}: {baseline} 대비 차이, 왼쪽일수록 좋음"
    ),
    "{metric}: difference to {baseline}\n(better up)": (
        "{metric}: {baseline} 대비 차이\n(위로 갈수록 좋음)"
    ),
    "{metric}: difference to {baseline}\n(better down)": (
        "{metric}: {baseline} 대비 차이\n(아래로 갈수록 좋음)"
    ),
    "{metric}: difference of {arm} to {baseline}\n(better to the right)": (
        "{metric}: {baseline} 대비 {arm}의 차이\n(오른쪽일수록 좋음)"
    ),
    "Bars: 95 % interval of the mean difference over seeds; in encoder and decoder unless a line "
    "says where. The axis is logarithmic beyond ±{at}.": (
        "막대: 시드 평균 차이의 95 % 신뢰구간. 따로 밝히지 않은 줄은 인코더와 디코더 모두. "
        "±{at} 바깥의 축은 로그 눈금."
    ),
    "in both halves": "양쪽 모두",
    "in the encoder": "인코더에만",
    "in the decoder": "디코더에만",
    "{low} to {high}": "{low} ~ {high}",
    "{here} diverged, {there} of {baseline}": "발산 {here}개, {baseline} 쪽 {there}개",
    "Dot: one seed. Bar: 95 % interval of their mean. Shaded: too small to matter.": (
        "점: 시드 하나. 막대: 평균의 95 % 신뢰구간. 음영: 의미 없을 만큼 작은 차이."
    ),
    "Bars: 95 % interval of the mean over seeds. Hollow: open. Shaded: too small to matter.": (
        "막대: 시드 평균의 95 % 신뢰구간. 빈 표식: 판정 보류. 음영: 의미 없을 만큼 작은 차이."
    ),
    "Bars: 95 % interval of the mean. Dots: seeds. Crosses: seeds that diverged.": (
        "막대: 평균의 95 % 신뢰구간. 점: 시드. 가위표: 발산한 시드."
    ),
    "Thin lines: single runs. Bands: 95 % interval of the mean over seeds.": (
        "가는 선: 실행 하나. 띠: 시드 평균의 95 % 신뢰구간."
    ),
    "Diverged: {count} of {all} runs ({arms}); in {metric} each counts as 0.": (
        "발산: 실행 {all}개 중 {count}개({arms}). {metric}에서는 각각 0으로 셈."
    ),
    "Diverged: {count} of {all} runs ({arms}); in {metric} means are of the others.": (
        "발산: 실행 {all}개 중 {count}개({arms}). {metric} 평균은 나머지로 냄."
    ),
    "Without a result: {count} of {all} runs ({arms}).": (
        "결과 없음: 실행 {all}개 중 {count}개({arms})."
    ),
    # verdicts on claims
    "holds": "맞음",
    "holds with conditions": "조건부로 맞음",
    "does not hold": "틀림",
    "not decided at this scale": "이 규모로는 판정할 수 없음",
    "not yet measured": "아직 측정하지 않음",
    # the table of claims
    "the usual explanation": "흔한 설명",
    "what is measured": "측정하는 것",
    "verdict": "판정",
    "answer": "답",
    # the page of claims
    "The usual explanations of the Transformer, held against experiments": (
        "트랜스포머에 대한 흔한 설명, 실험으로 따져 보기"
    ),
    "Each of these sentences stands in many explanations of the Transformer. Here each is held "
    "against an experiment: small translators, trained alike but for one thing and with several "
    "seeds, or probes of the live modules. Numbers come from the tables of the experiments; "
    "intervals are of 95 %. Two minutes are enough: read the verdicts, choose a sentence, enlarge "
    "its figure.": (
        "트랜스포머를 설명하는 글에 자주 나오는 문장들을 하나씩 실험으로 확인했습니다. 한 가지만 "
        "다르고 나머지는 똑같은 작은 번역 모델을 여러 시드로 학습하거나, 실행 중인 모듈을 직접 "
        "조사했습니다. 숫자는 모두 실험의 표에서 가져오며, 구간은 95 % 신뢰구간입니다. 2분이면 "
        "충분합니다. 판정을 훑어보고, 궁금한 문장을 골라, 그림을 크게 펼쳐 보세요."
    ),
    "Verdicts": "판정 요약",
    "All sentences": "문장 전체",
    "Not yet measured; what is expected was written down before any run.": (
        "아직 측정하지 않았습니다. 예상은 실험을 돌리기 전에 적어 두었습니다."
    ),
    "Not yet measured, and no experiment is designed for it yet.": (
        "아직 측정하지 않았고, 이를 위한 실험도 아직 설계하지 않았습니다."
    ),
    "What is measured": "측정하는 것",
    "Prediction, method, doubts": "예측, 방법, 의문점",
    "Figure": "그림",
    "Choose the figure to enlarge it.": "그림을 누르면 커집니다.",
    "Limits": "한계",
    "The models are small and shallow, their training is short, and their sentences come from a "
    "grammar: a verdict is about this scale, and says nothing of large models after long "
    "training.": (
        "모델은 작고 얕으며, 학습은 짧고, 문장은 문법으로 만들어 낸 것입니다. 판정은 이 규모에 "
        "대한 것일 뿐, 오래 학습한 큰 모델에 대해서는 아무것도 말해 주지 않습니다."
    ),
    "“Not decided” means that seeds scatter more than the difference that would matter, or that "
    "the design cannot tell; it does not mean “no difference”.": (
        "“판정할 수 없음”은 시드에 따른 흩어짐이 의미 있는 차이보다 크거나, 이 실험 설계로는 가릴 "
        "수 없다는 뜻입니다. “차이가 없다”는 뜻이 아닙니다."
    ),
    "Negative results and predictions that failed are kept: each folder has its prediction, "
    "written before the runs, and what became of it.": (
        "부정적인 결과와 빗나간 예측도 그대로 남겨 둡니다. 폴더마다 실험 전에 적은 예측과 그 "
        "결말이 있습니다."
    ),
    "A verdict is a judgement, written by hand. It names the comparisons that it rests on, and "
    "this page is refused as soon as the tables of an experiment say otherwise.": (
        "판정은 사람이 내립니다. 판정마다 근거가 되는 비교가 적혀 있어, 실험의 표가 달라지면 이 "
        "페이지는 만들어지지 않습니다."
    ),
    "What it was measured with": "무엇으로 측정했나",
    "sentences": "문장",
    "Not yet run.": "아직 돌리지 않았습니다.",
    "Measured on live modules, without any training; its README says with what and how.": (
        "학습 없이 실행 중인 모듈을 직접 측정했습니다. 자세한 조건은 README에 있습니다."
    ),
    "It does not show": "이 실험이 보여 주지 않는 것",
    "This page, and the table in the README, are made by": (
        "이 페이지와 README의 표를 만드는 명령:"
    ),
}
