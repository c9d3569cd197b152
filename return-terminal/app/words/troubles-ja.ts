import type { TroubleCode } from '../trouble.ts';
import type { TroubleWords } from './troubles-en.ts';

export const troublesJa: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: {
    heading: 'メディアがありません',
    text: 'USBメモリやドライブを差し込み口に入れてください。',
  },
  medium_foreign: {
    heading: '別の事業者のメディアです',
    text: 'お借りになった店でご返却ください。中身には一切触れていません。',
  },
  medium_counterfeit: {
    heading: '本物と確認できません',
    text: '当店のメディアであることを確認できません。返却も請求もしていません。係員にお見せください。',
  },
  medium_read_only: {
    heading: '書き込み禁止です',
    text: '鍵を上書きできません。ロックスイッチを解除して入れ直してください。',
  },
  medium_pulled: {
    heading: '途中で抜かれました',
    text: '返却が確認される前にメディアが抜かれました。こちら、または別の返却機にもう一度入れてください。',
  },
  medium_swapped: {
    heading: '別のメディアです',
    text: '最初のメディアではありません。返却を完了するには最初のメディアを入れてください。',
  },
  medium_damaged: {
    heading: 'メディアを読み取れません',
    text: '内容が壊れているか変更されています。請求はしていません。係員にお見せください。',
  },
  medium_io_error: {
    heading: 'メディアのエラーです',
    text: '読み書きに失敗しました。入れ直すか、別の返却機をお試しください。',
  },
  medium_too_many_copies: {
    heading: 'コピーが多すぎます',
    text: '通常書き込まれる数を超えています。係員にお見せください。',
  },
  copy_held: {
    heading: 'まだ確定していません',
    text: 'キオスクで最後の瞬間に抜かれたタイトルです。料金はかかりません。キオスクに入れるとすぐに確定します。',
  },
  copy_damaged: {
    heading: 'このコピーを読み取れません',
    text: 'ライセンスまたは鍵が壊れています。ここでは請求していません。係員が対応します。',
  },
  copy_kept: {
    heading: 'お客様のものです',
    text: '買い取り価格が支払われています。返却の必要はありません。',
  },
  copy_already_returned: {
    heading: '返却済みです',
    text: 'このコピーの鍵はすでに破棄されています。お支払いはありません。',
  },
  slot_not_destroyed: {
    heading: '鍵を破棄できませんでした',
    text: '上書き後に別の内容が読み戻されました。請求はしていません。返却時刻は有効です。こちらか別の返却機でもう一度お試しください。',
  },
  return_torn: {
    heading: '返却が中断しました',
    text: '開始しましたが確認できていません。返却時刻は有効です。こちらか別の返却機にもう一度入れてください。それまで請求はありません。',
  },
  return_abandoned: {
    heading: '返却されていません',
    text: '鍵に触れる前にメディアが抜かれました。レンタルは続き、料金も続きます。請求はしていません。',
  },
  tariff_missing: {
    heading: '料金を計算できません',
    text: 'このコピーの料金表がないか読めません。請求はしていません。後でお試しになるか係員にお尋ねください。',
  },
  quote_over: {
    heading: '料金を取り直しました',
    text: '古くなっていたため、もう一度ご確認ください。',
  },
  card_declined: {
    heading: 'カードが拒否されました',
    text: '別のカードをお試しになるか、今返却して後でお支払いください。',
  },
  card_timeout: {
    heading: 'カードがかざされませんでした',
    text: 'もう一度お試しになるか、今返却して後でお支払いください。',
  },
  card_pulled: {
    heading: 'カードが早く離れました',
    text: 'もう一度お試しになるか、今返却して後でお支払いください。',
  },
  card_unknown_outcome: {
    heading: 'カード会社から返答がありません',
    text: '二重に請求されることはありません。確保された金額は取り消します。',
  },
  card_reader_away: {
    heading: 'カードリーダーが応答しません',
    text: '今返却して後でお支払いください。金額は未払いとして残ります。',
  },
  member_unknown: { heading: 'このメディアは登録がありません', text: 'ポイントは使えません。' },
  pin_wrong: {
    heading: '暗証番号が違います',
    text: 'もう一度お試しになるか、ポイントを使わずにお進みください。',
  },
  pin_locked: {
    heading: '暗証番号がロックされました',
    text: '5回間違えました。係員が解除できます。返却に暗証番号は要りません。',
  },
  member_blocked: {
    heading: 'アカウントが停止されています',
    text: 'ポイントと残高は使えません。返却はできます。係員にお声がけください。',
  },
  hub_away: {
    heading: '現在接続がありません',
    text: 'ポイントと残高は使えません。返却はできます。',
  },
  terminal_leaving: {
    heading: '使用を終了します',
    text: 'この端末は使用を終了します。ほかの端末をお使いください。',
  },
  terminal_locked: { heading: '休止中', text: '係員がこの端末を停止しました。別の端末をお使いください。' },
  terminal_restarting: {
    heading: 'この端末は再起動します',
    text: '途中の返却は最後まで行います。受領証が出るまでメディアを抜かないでください。返却前の方は請求はありません。メディアを取り出し、数分後にもう一度差し込んでください。',
  },
  printer_away: {
    heading: '印刷できません',
    text: '返却は有効です。画面のコードを読み取って受領証を保存してください。',
  },
  refused: { heading: '処理できません', text: '請求はしていません。下のコードを係員にお知らせください。' },
};
