import type { TroubleCode } from '../trouble.ts';
import type { TroubleWords } from './troubles-en.ts';

export const troublesJa: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: { heading: 'メディアがありません', text: 'USBメモリやドライブを差し込むと続けられます。' },
  medium_foreign: {
    heading: '他店のメディアです',
    text: 'このメディアは別のシステムで作られました。当店のもの、または空のメディアをお使いください。',
  },
  medium_counterfeit: {
    heading: '本物と確認できません',
    text: '当店のメディアであることを確認できません。何も書き込んでいません。別のメディアをお使いください。係員が確認できます。',
  },
  medium_full: {
    heading: '空き容量が足りません',
    text: 'カートの作品を減らすか、返却するか、容量の大きいメディアをお使いください。',
  },
  medium_read_only: {
    heading: '書き込みできません',
    text: 'メディアが書き込み禁止です。ロックを解除するか、別のメディアをお使いください。',
  },
  medium_file_too_large: {
    heading: 'ファイルが大きすぎます',
    text: 'このメディア(FAT32)には4GB以上のファイルが入りません。exFATで初期化したメディアをお使いください。',
  },
  medium_copies_on_write: {
    heading: 'この形式は使えません',
    text: 'この形式では返却時に鍵を消せません。exFATで初期化したメディアをお使いください。',
  },
  medium_pulled: {
    heading: '途中で抜かれました',
    text: '書き込みが終わる前にメディアが抜かれました。読めるものは残っておらず、料金もかかりません。',
  },
  medium_swapped: {
    heading: '別のメディアです',
    text: '最初のメディアと違います。もう一度ご本人確認をするか、元のメディアに戻してください。',
  },
  medium_damaged: {
    heading: 'メディアを読み取れません',
    text: '内容が壊れているか、変更されています。別のメディアをお試しください。係員が確認できます。',
  },
  medium_too_slow: {
    heading: 'メディアが遅すぎます',
    text: '書き込みに時間がかかりすぎます。料金はかかりません。速いメディアをお使いください。',
  },
  medium_too_many_copies: {
    heading: 'コピーが多すぎます',
    text: 'このメディアにはこれ以上入りません。返却するか、別のメディアをお使いください。',
  },
  medium_io_error: {
    heading: 'メディアのエラーです',
    text: '読み書きに失敗しました。料金はかかりません。差し直すか、別のメディアをお使いください。',
  },
  copy_held: {
    heading: '最後の瞬間に抜かれました',
    text: '鍵がメディアに残っているかもしれません。料金はかかりません。どのキオスクでもよいので、もう一度差し込んでください。すぐに処理します。',
  },
  write_failed: {
    heading: '確認に失敗しました',
    text: '読み返した内容が正しくなかったため削除しました。料金はかかりません。もう一度お試しください。',
  },
  write_aborted: {
    heading: '開始していません',
    text: 'メディアがなくなったため、この作品は書き込まれず、料金もかかりません。',
  },
  sign_in_refused: {
    heading: '会員番号または暗証番号が違います',
    text: '両方をご確認のうえ、もう一度お試しください。暗証番号を5回間違えるとロックされます。係員が対応します。',
  },
  sign_in_paused: {
    heading: '番号でのサインインを休止中です',
    text: 'この端末で誤入力が続きました。ご自分のメディアと暗証番号は使えます。番号の場合は15分後にお試しください。',
  },
  pin_wrong: { heading: '暗証番号が違います', text: 'もう一度お試しください。' },
  pin_locked: {
    heading: '暗証番号がロックされました',
    text: '5回間違えたためロックしました。係員が解除できます。',
  },
  session_over: { heading: 'もう一度サインインしてください', text: '安全のためサインインを終了しました。' },
  amount_due_open: {
    heading: '未払いの金額があります',
    text: 'お支払いが済むと、またレンタルできます。ここでカードで支払えます。',
  },
  held_rental_open: {
    heading: '処理待ちのコピーがあります',
    text: '書き込み中に抜かれたメディアがあります。ここに差し込むと、またレンタルできます。',
  },
  member_blocked: { heading: 'アカウントが停止されています', text: '係員にお声がけください。' },
  medium_of_other_member: {
    heading: '他の会員のメディアです',
    text: 'ご自分のメディアか、空のメディアをお使いください。',
  },
  player_limit: {
    heading: 'プレーヤーはすでに6台あります',
    text: '「マイページ」で1台を外してから、新しいプレーヤーを追加してください。',
  },
  player_of_other_member: {
    heading: '別の会員のプレーヤーです',
    text: '先にその会員がこのプレーヤーを外す必要があります。',
  },
  player_refused: {
    heading: 'このプレーヤーは追加できません',
    text: 'メディアをもう一度プレーヤーに差し込んでから、ここでお試しください。',
  },
  pairing_code_unknown: {
    heading: 'このコードのプレーヤーがありません',
    text: 'プレーヤーに表示された8文字をご確認ください。コードは1週間以上有効で、1回だけ使えます。',
  },
  offline_member_unknown: {
    heading: '現在つながっていません',
    text: '接続がない間は、以前このキオスクを使った会員だけが、ご自分のメディアでサインインできます。',
  },
  card_declined: {
    heading: 'カードが拒否されました',
    text: '料金はかかっていません。別のカードをお試しください。',
  },
  card_timeout: {
    heading: 'カードが確認できません',
    text: '料金はかかっていません。もう一度お試しください。',
  },
  card_pulled: {
    heading: 'カードが早く抜かれました',
    text: '料金はかかっていません。案内があるまでカードをそのままにしてください。',
  },
  card_unknown_outcome: {
    heading: '銀行から応答がありません',
    text: '確保された金額があれば自動的に戻ります。後でもう一度お試しください。',
  },
  card_reader_away: {
    heading: 'カードリーダーが応答しません',
    text: '料金はかかっていません。係員にお知らせください。',
  },
  title_withdrawn: {
    heading: '取り扱いが終了しました',
    text: '提供元が取り下げた作品です。カートから外すと続けられます。',
  },
  title_unknown: { heading: '作品が見つかりません', text: 'このキオスクではもう扱っていません。' },
  title_not_here: {
    heading: 'まだこのキオスクにありません',
    text: '作品のページで取り寄せできます。待ち時間もそこに表示されます。',
  },
  title_damaged: {
    heading: '保存された作品が壊れています',
    text: '取り寄せ直しています。料金はかかりません。',
  },
  title_already_held: {
    heading: 'このメディアにすでにあります',
    text: '差し込まれたメディアに、再生できるコピーがあります。',
  },
  tariff_missing: {
    heading: '料金が分かりません',
    text: '料金が決まっていないため、レンタルできません。係員に知らせました。',
  },
  no_unit_free: { heading: 'すべて貸出中です', text: '予約すると、順番にご用意します。' },
  not_released: { heading: 'まだ公開前です', text: '今予約すると、いち早くご覧になれます。' },
  age_restricted: { heading: '年齢制限があります', text: 'お客様の年齢ではレンタルできません。' },
  territory_refused: {
    heading: 'この国では取り扱いできません',
    text: '提供元がこの地域でのレンタルを認めていません。',
  },
  player_required: {
    heading: '登録済みプレーヤーが必要です',
    text: 'ご自分のプレーヤーでのみ開ける作品です。メディアを一度プレーヤーに差し込んでから、またお越しください。',
  },
  secure_medium_required: {
    heading: 'セキュアメディアが必要です',
    text: '鍵専用の回路を持つメディアが必要な作品です。店内で販売しています。',
  },
  kiosk_leaving: {
    heading: '使用を終了します',
    text: 'このキオスクは使用を終了します。ほかの端末をご利用ください。',
  },
  kiosk_locked: { heading: 'ただいま調整中です', text: '係員がこのキオスクを一時的に止めています。' },
  kiosk_restarting: {
    heading: 'このキオスクは再起動します',
    text: '書き込み中の作品は最後まで書き込みます。画面に完了と出るまでメディアを抜かないでください。それ以外の請求はありません。数分後にもう一度お越しください。',
  },
  kiosk_storage_full: {
    heading: 'このキオスクは満杯です',
    text: '空きができるまでレンタルできません。別のキオスクをお使いください。',
  },
  kiosk_not_ready: {
    heading: '準備中です',
    text: 'カタログを受け取っています。少々お待ちください。',
  },
  clock_off: {
    heading: '時計が合っていません',
    text: 'このキオスクの時計がずれているため、レンタルを止めています。係員に知らせました。',
  },
  lease_over: {
    heading: '長い間つながっていません',
    text: '3日間接続がないため、つながるまでレンタルできません。',
  },
  certificate_over: {
    heading: '点検が必要です',
    text: '端末の許可証の期限が切れたため、係員が更新するまでレンタルできません。返却は返却端末で受け付けています。',
  },
  hub_away: {
    heading: '現在つながっていません',
    text: 'センターから応答がありません。しばらくしてからお試しください。',
  },
  allotment_over: {
    heading: '長い間つながっていません',
    text: '接続なしでのレンタル期限が過ぎました。後でお試しください。',
  },
  allotment_spent: {
    heading: '接続がないためできません',
    text: 'このキオスクだけでレンタルできる分を使い切りました。後でお試しください。',
  },
  offline_rental_open: {
    heading: '接続がない間は1作品までです',
    text: 'センターとつながるまで、お一人1作品までです。後でお試しください。',
  },
  printer_away: {
    heading: 'プリンターが使えません',
    text: 'レンタルは完了しています。コードを読み取るか、期限をお控えください。',
  },
  cart_full: { heading: 'カートがいっぱいです', text: '一度に書き込めるのは8作品までです。' },
  refused: {
    heading: '今はできません',
    text: '料金はかかっていません。下のコードを係員にお伝えください。',
  },
};
